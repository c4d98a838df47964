"""A run of the store in the form in which reports and comparisons read runs."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graders.compile import check_document, threshold_of
from graders.registry import default_registry
from graders.results import Results
from graders.server.pages.lines import Lines
from graders.store import StoredEval, StoredRun
from graders.store.listings import Listings
from graders.strict_json import dumps, loads

_ANYTHING = 1.0
"""The threshold where there are several criteria: a row that passes them all has the reward 1."""


@dataclass(frozen=True)
class StoredResults(Results):
    """The rows of a run that lie in the store; its `path` is the run's id."""

    read: Callable[[], Iterator[dict[str, Any]]] = field(default=lambda: iter(()), repr=False, compare=False)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Read the rows, a portion at a time."""
        return self.read()


def results_of(listings: Listings, of_eval: StoredEval, run: StoredRun) -> StoredResults:
    """Give the results of a run."""
    criteria: Sequence[Mapping[str, Any]] = of_eval.body["testing_criteria"]
    lines = Lines.of(criteria)

    def read() -> Iterator[dict[str, Any]]:
        return (lines.line(loads(item.body)) for item in listings.every_item(run.id))

    return StoredResults(Path(run.id), _about(of_eval, run), read=read)


def document_of(criteria: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give the criteria as one document: a single one as it is, several by their names."""
    if len(criteria) == 1:
        return dict(criteria[0])
    names = Lines.of(criteria).names
    return {names[each["id"]]: dict(each) for each in criteria}


def _about(of_eval: StoredEval, run: StoredRun) -> dict[str, Any]:
    """Say of a run what `run.json` says of one that has a directory."""
    criteria = of_eval.body["testing_criteria"]
    document = document_of(criteria)
    single = len(criteria) == 1
    return {
        "id": run.id,
        "status": "complete" if run.status == "completed" else run.status,
        "grader": {
            "name": run.body["name"],
            "type": criteria[0]["type"] if single else f"{len(criteria)} criteria",
            "sha256": hashlib.sha256(dumps(criteria)).hexdigest(),
            "document": document,
        },
        "options": {
            "on_error": "zero",
            "pass_threshold": _threshold(document) if single else _ANYTHING,
            "group_by": [],
            "cluster_by": None,
            "slim": False,
        },
        # inline rows have no name in common with those of another run: they are compared one by one
        "data": {"sha256": run.blob or run.id},
        "row_mapping": {},
        "judge": _models(run),
        "prices": {},
        "started": datetime.fromtimestamp(run.created_at, UTC).isoformat(),
    }


def _threshold(document: Mapping[str, Any]) -> float | None:
    (_, config), *_ = check_document(document, default_registry()).graders
    return None if config is None else threshold_of(config)


def _models(run: StoredRun) -> dict[str, str] | None:
    usage = (run.tally or {}).get("usage") or ()
    return {"models": ", ".join(each["model_name"] for each in usage)} if usage else None
