"""What the hosted API holds, as lists that are followed to their end and objects that are checked."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graders.endpoints.client import NoAnswerError
from graders.errors import DataError
from graders.hosted.connection import Connection, RefusedError, quoted
from graders.hosted.pages import Page, Received, parse_object, parse_page
from graders.hosted.patience import Turnstile

Parsed = TypeVar("Parsed")
PAGE_SIZE = 100
MAX_OBJECTS = 10_000_000
"""Most objects of one list; a server that gives more is taken to make them up."""
UNFINISHED = ("queued", "in_progress")
"""What a run's status is while its items still change."""


@dataclass(frozen=True)
class Step:
    """One page of a list: objects that it gave for the first time, and where the list goes on."""

    objects: list[Received]
    cursor: str | None
    last: bool


@dataclass
class Source:
    """The hosted API behind one connection; every request passes the turnstile."""

    connection: Connection
    turnstile: Turnstile = field(default_factory=Turnstile)

    def one(self, path: str) -> Received:
        """Get one object.

        Raises:
            RefusedError: there is none, or it is refused.
        """
        return self._ask(path, {}, parse_object)

    def follow(self, path: str, cursor: str | None = None) -> Iterator[Step]:
        """Follow a list from behind `cursor` to its end.

        A cursor that the server does not know any more makes it begin at the beginning.

        Raises:
            RefusedError: there is no such list.
            DataError: the list does not end.
        """
        seen: set[str] = set()
        page = self._first(path, cursor)
        while True:
            step = _step(path, page, seen, cursor)
            yield step
            if step.last:
                return
            cursor = step.cursor
            page = self._page(path, cursor)

    def _first(self, path: str, cursor: str | None) -> Page:
        try:
            return self._page(path, cursor)
        except RefusedError as error:
            if cursor is None or error.status not in (400, 404):
                raise
            return self._page(path, None)

    def _page(self, path: str, cursor: str | None) -> Page:
        query: dict[str, object] = {"limit": PAGE_SIZE, "order": "asc"}
        return self._ask(path, query | ({"after": cursor} if cursor is not None else {}), parse_page)

    def _ask(self, path: str, query: Mapping[str, object], parse: Callable[[bytes], Parsed]) -> Parsed:
        def request() -> Parsed:
            body = self.connection.get(path, query)
            try:
                return parse(body)
            except ValueError as error:  # a proxy's page, or half an answer
                raise NoAnswerError(f"not what was asked for: {error}") from None

        return self.turnstile.ask(path, request)


def _step(path: str, page: Page, seen: set[str], cursor: str | None) -> Step:
    """Leave out what the list has given before; a list that goes on with nothing else would never end."""
    fresh = []
    for each in page.objects:
        if each.id not in seen:
            seen.add(each.id)
            fresh.append(each)
    if page.has_more and not fresh:
        raise DataError(f"{path}: the server says that more follows, and gives nothing new")
    if len(seen) > MAX_OBJECTS:
        raise DataError(f"{path}: more than {MAX_OBJECTS} objects")
    last = page.has_more is False or not fresh
    return Step(fresh, page.objects[-1].id if page.objects else cursor, last)


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Make a refusal of what nothing goes without a DataError."""
    try:
        yield
    except RefusedError as error:
        raise DataError(f"{what}: {error}") from None


def runs_path(of_eval: str) -> str:
    """Give the path of an eval's runs."""
    return f"/evals/{quoted(of_eval)}/runs"


def items_path(of_eval: str, run: str) -> str:
    """Give the path of a run's output items."""
    return f"{runs_path(of_eval)}/{quoted(run)}/output_items"


def is_finished(run: Mapping[str, Any]) -> bool:
    """Say whether a run's items stay as they are; a status that is not known is taken for an end."""
    return run.get("status") not in UNFINISHED


def is_wanted(run: Mapping[str, Any], since: float | None) -> bool:
    """Say whether a run was created at `since` or later; one without a time is wanted."""
    created = run.get("created_at")
    known = isinstance(created, int | float) and not isinstance(created, bool)
    return since is None or not known or created >= since  # type: ignore[operator]  # known says so


def file_named(run: Mapping[str, Any]) -> str | None:
    """Give the id of the file that a run reads its rows from."""
    data = run.get("data_source")
    source = data.get("source") if isinstance(data, Mapping) else None
    name = source.get("id") if isinstance(source, Mapping) and source.get("type") == "file_id" else None
    return name if isinstance(name, str) and name else None
