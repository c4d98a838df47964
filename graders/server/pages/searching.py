"""Find output items of a run, a page of them at a time.

Design: the database finds by row and by status. Whatever else is asked for is looked for in the items
themselves, portion by portion, for a bounded time; where that is over, the page says how far it came and the
next one goes on there.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graders.server.pages.lines import failed
from graders.store.items import Item
from graders.store.listings import Listings
from graders.strict_json import loads

SHOWN = ("all", "passed", "failed", "errored")
_STATUS = {"passed": "pass", "failed": "fail", "errored": "fail"}
_PORTION = 500
_PLAIN = re.compile(r"[ !#-\[\]-~]*")


@dataclass(frozen=True)
class Wanted:
    """Which items are looked for: by their verdict, or that of one criterion, and by a text in them."""

    show: str = "all"
    criterion: str | None = None
    text: str = ""

    @property
    def status(self) -> str | None:
        """The status that such items have; None where either will do."""
        # an item of which a criterion passed may have failed by another one
        return None if self.criterion is not None and self.show == "passed" else _STATUS.get(self.show)

    @property
    def by_status_alone(self) -> bool:
        """Whether the database finds them."""
        by_verdict = self.show == "all" or (self.criterion is None and self.show != "errored")
        return by_verdict and not self.text

    def may_be(self, body: bytes) -> bool:
        """Say whether the JSON of an item may hold the text; what does not need not be parsed.

        Only where every letter of the item stands in its JSON as itself, and none folds into another one.
        """
        if not _PLAIN.fullmatch(self.text) or not body.isascii() or b"\\u" in body:
            return True
        return self.text.lower().encode() in body.lower()

    def has(self, item: Mapping[str, Any]) -> bool:
        """Say whether an item is looked for."""
        return self._by_verdict(item) and (not self.text or _says(item, self.text.casefold()))

    def _by_verdict(self, item: Mapping[str, Any]) -> bool:
        if self.show == "all":
            return True
        if self.show == "errored":
            return failed(item, self.criterion)
        if self.criterion is None:
            return bool(item["status"] == _STATUS[self.show])
        verdicts = [each["passed"] for each in item["results"] if each["name"] == self.criterion]
        return (self.show == "passed") in verdicts


@dataclass(frozen=True)
class Found:
    """A page of items in the order of their rows; beyond either end, the row from which another page begins.

    `searched` is the row at which the time was over, where that was before the page was full.
    """

    items: Sequence[Mapping[str, Any]]
    before: int | None
    after: int | None
    searched: int | None = None


def search(
    listings: Listings,
    run_id: str,
    wanted: Wanted,
    *,
    behind: int | None,
    backwards: bool,
    limit: int,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Found:
    """Look for a page of items behind a row, or before it."""
    end = clock() + seconds
    found: list[tuple[int, Mapping[str, Any]]] = []
    last, more = behind, True
    while more and len(found) <= limit:
        size = limit + 1 if wanted.by_status_alone else _PORTION
        page = listings.items(run_id, behind=last, limit=size, descending=backwards, status=wanted.status)
        portion, more = page.objects, page.has_more
        last = portion[-1].row if portion else last
        found += _wanted(portion, wanted)
        if clock() >= end:
            break
    beyond = len(found) > limit
    stopped = last if more and not beyond else None
    shown = found[:limit]
    edge = shown[-1][0] if beyond else stopped
    start = shown[0][0] if shown else behind
    here = start if behind is not None and behind >= 0 else None
    items = [item for _, item in (reversed(shown) if backwards else shown)]
    return Found(items, edge, here, stopped) if backwards else Found(items, here, edge, stopped)


def _wanted(portion: Sequence[Item], wanted: Wanted) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for row, body in portion:
        item = loads(body) if wanted.may_be(body) else None
        if item is not None and wanted.has(item):
            yield row, item


def _says(item: Mapping[str, Any], folded: str) -> bool:
    """Say whether a text stands anywhere in the row, in its sample, or in what a judge said."""
    said = [item["datasource_item"], item["sample"], [each["sample"] for each in item["results"]]]
    return any(folded in text.casefold() for text in _texts(said))


def _texts(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, int | float) and not isinstance(each, bool):
            yield str(each)
