"""Put what was pulled into the store of a server, where it appears as evals, runs, output items and files.

Design: what is in the store stays as it is, so that the same pull can be put in again after it has grown.
Only runs that are over and of which every item is there go in. An output item gets the id by which the
server finds it; everything else of it is what was received.
"""

import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from graders.errors import DataError
from graders.hosted.manifest import Listing, Manifest
from graders.store import FINAL, QuotaError, Store, StoredEval, StoredFile, StoredRun
from graders.store.items import item_id
from graders.store.past_runs import add_past_run
from graders.strict_json import dumps, loads

_LONGEST_ID, _PIECE, _ENDLESS = 64, 2**20, 2**63
_LONGEST_NAME, _MOST_PAIRS, _LONGEST_VALUE = 10_000, 16, 512
_RUN = re.compile(r"[A-Za-z]+_[0-9a-f]{24,}")
QUOTA = 50 * 2**30
"""Bytes of all files of a store."""


@dataclass
class PutIn:
    """How many evals, runs, output items and files are new in a store; `problems` say what is not in it."""

    evals: int = 0
    runs: int = 0
    items: int = 0
    files: int = 0
    problems: list[str] = field(default_factory=list)


def put_into(folder: Path, store: Store) -> PutIn:
    """Put a pulled directory into a store.

    Raises:
        RunError: it is no pulled directory.
        DataError: a file in it is damaged; what came before it is in the store.
    """
    work = _Putting(folder, Manifest.read(folder), store)
    for body in work.lines(work.manifest.evals):
        work.eval(body)
    for of_eval, listing in sorted(work.manifest.runs.items()):
        for run in work.lines(listing):
            work.run(of_eval, run)
        for run_id, status in listing.unfinished.items():
            work.put.problems.append(f"run {run_id} is {status}")
    for file_id in sorted(work.manifest.files):
        work.file(file_id)
    return work.put


@dataclass
class _Putting:
    folder: Path
    manifest: Manifest
    store: Store
    put: PutIn = field(default_factory=PutIn)

    def lines(self, listing: Listing) -> Iterator[dict[str, Any]]:
        """Read the objects of a listing, as far as it is valid.

        Raises:
            DataError: a line is no JSON, or some are missing.
        """
        path, left = self.folder / listing.path, listing.bytes
        if not left:
            return
        with _reading(path) as file:
            for number, line in enumerate(file, 1):
                left -= len(line)
                if left < 0:
                    break
                try:
                    yield loads(line)
                except ValueError as error:
                    raise DataError(f"{path}: line {number}: {error}") from None
        if left > 0:
            raise DataError(f"{path}: {left} bytes are missing at its end; pull again to get them")

    def eval(self, body: Mapping[str, Any]) -> None:
        """Add an eval, unless it is there."""
        name, config = body["id"], body.get("data_source_config")
        if len(name) > _LONGEST_ID or not isinstance(config, dict) or not _schema(config):
            self.put.problems.append(f"eval {name}: its data source is none that this server knows")
            return
        if self.store.evals.get(name) is None:
            created = _whole(body.get("created_at"))
            kept = {
                "data_source_config": config,
                "metadata": body.get("metadata") or {},
                "name": str(body.get("name") or name),
                "testing_criteria": body.get("testing_criteria") or [],
            }
            self.store.evals.add(StoredEval(name, created, created, kept))
            self.put.evals += 1

    def run(self, of_eval: str, body: Mapping[str, Any]) -> None:
        """Add a run that is over, unless it is there."""
        hosted, listing = body["id"], self.manifest.items.get(body["id"])
        if body.get("status") not in FINAL:
            self.put.problems.append(f"run {hosted} is {body.get('status')}")
            return
        if listing is None or not listing.finished:
            why = "they were not copied" if listing is None else listing.problem or "some are missing"
            self.put.problems.append(f"run {hosted}: its items could not be had ({why})")
            return
        run = _stored_run(of_eval, body, listing.count)
        try:
            new = add_past_run(self.store.database, run, self._items(run, listing))
        except KeyError:
            self.put.problems.append(f"run {hosted}: its eval is not there")
            return
        self.put.runs += new
        self.put.items += listing.count if new else 0

    def _items(self, run: StoredRun, listing: Listing) -> Iterator[tuple[int, str, bytes]]:
        """Give items by row; where two say that they are of one row, the later one comes behind all."""
        taken: set[int] = set()
        later: list[dict[str, Any]] = []
        for body in self.lines(listing):
            row = body.get("datasource_item_id")
            if type(row) is not int or not 0 <= row < 2**31 or row in taken:
                later.append(body)
                continue
            taken.add(row)
            yield _item(run, row, body)
        for row, body in enumerate(later, max(taken, default=-1) + 1):
            yield _item(run, row, body)

    def file(self, file_id: str) -> None:
        """Add a file, unless it is there or could not be had."""
        entry = self.manifest.files[file_id]
        if not entry.finished or len(file_id) > _LONGEST_ID:
            why = entry.problem or ("its id is too long" if entry.finished else "was not copied")
            self.put.problems.append(f"file {file_id}: {why}")
            return
        now = int(time.time())
        if self.store.files.get(file_id, now) is not None:
            return
        path = self.folder / entry.path
        about = _parsed(path.with_name("file.json"))
        with self.store.blobs.receive() as incoming:
            with _reading(path) as content:
                while piece := content.read(_PIECE):
                    incoming.write(piece)
            blob = incoming.finish()
            if blob != entry.sha256:
                raise DataError(f"{path}: not what was pulled; its SHA-256 is {blob}")
            stored = StoredFile(
                file_id,
                _whole(about.get("created_at")),
                None,  # what was saved from there shall not expire here
                str(about.get("purpose") or "evals")[:32],
                incoming.size,
                blob,
                {"filename": str(about.get("filename") or file_id)},
            )
            try:
                self.store.files.add(stored, incoming, QUOTA)
                self.put.files += 1
            except QuotaError:
                self.put.problems.append(f"file {file_id}: the store has no room for it")


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise DataError(f"{path}: is not there any more") from None


def _parsed(path: Path) -> dict[str, Any]:
    with _reading(path) as file:
        try:
            value: dict[str, Any] = loads(file.read())
        except ValueError as error:
            raise DataError(f"{path}: {error}") from None
    return value


def _stored_run(of_eval: str, body: Mapping[str, Any], n: int) -> StoredRun:
    given = body.get("result_counts")
    counts = given if isinstance(given, dict) else {}
    kept = {
        "name": str(body.get("name") or body["id"])[:_LONGEST_NAME],
        "metadata": _metadata(body.get("metadata")),
        "model": str(body["model"])[:_LONGEST_NAME] if body.get("model") else None,
        "data_source": body.get("data_source") or {"type": "jsonl", "source": {"type": "file_content"}},
    }
    tally = {"criteria": body.get("per_testing_criteria_results"), "usage": body.get("per_model_usage")}
    return StoredRun(
        _run_id(body["id"]),
        of_eval,
        _whole(body.get("created_at")),
        str(body["status"]),
        kept,
        total=_whole(counts.get("total", n)),
        done=n,
        passed=_whole(counts.get("passed")),
        failed=_whole(counts.get("failed")),
        errored=_whole(counts.get("errored")),
        tally=tally,
        error=body.get("error") or None,
    )


def _run_id(hosted: str) -> str:
    """Give the id of a run: its own, where ids of output items can be made of it."""
    if len(hosted) <= _LONGEST_ID and _RUN.fullmatch(hosted):
        return hosted
    return f"evalrun_{hashlib.sha256(hosted.encode()).hexdigest()[:32]}"


def _item(run: StoredRun, row: int, body: Mapping[str, Any]) -> tuple[int, str, bytes]:
    status = "pass" if body.get("status") in ("pass", "passed") else "fail"
    named = {"id": item_id(run.id, row), "run_id": run.id, "eval_id": run.eval_id}
    return row, status, dumps({**body, **named})


def _schema(config: Mapping[str, Any]) -> bool:
    """Say whether a data source config has the schema of an item where new runs look for it."""
    schema = config.get("schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return isinstance(properties, dict) and isinstance(properties.get("item"), dict)


def _metadata(value: object) -> dict[str, str]:
    """Give the metadata of a run within the bounds of the API: lists of runs read no more than these."""
    pairs = list(value.items())[:_MOST_PAIRS] if isinstance(value, dict) else []
    return {str(name)[:_LONGEST_ID]: str(text)[:_LONGEST_VALUE] for name, text in pairs}


def _whole(value: object) -> int:
    """Give a count or a time as a database holds it, 0 where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _ENDLESS:
        return 0
    return int(value)
