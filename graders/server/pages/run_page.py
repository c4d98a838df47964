"""A run: what it was asked for, how far it is, and its report when it is over."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from fastapi import Request, Response

from graders.report import Contents
from graders.report.page import values
from graders.server.evals import store_of
from graders.server.failures import not_found
from graders.server.pages.layout import page, shown, written
from graders.server.pages.lines import Lines
from graders.server.pages.making import Making
from graders.server.pages.stored_results import results_of
from graders.store import FINAL, StoredEval, StoredRun
from graders.store.listings import Listings

_ROWS = 10
PATIENCE = 2.0
"""Seconds that a reader waits for a page before being told that it is being made."""


class Verdicts(NamedTuple):
    """How often a criterion was met."""

    id: str
    name: str
    type: str
    passed: int
    failed: int


def run_page(request: Request, of_eval: StoredEval, run_id: str) -> Response:
    """Show a run; its report is made once, when it is over.

    Raises:
        ApiError: there is no such run.
    """
    listings = Listings(store_of(request).database)
    run = run_of(listings, of_eval, run_id)
    about: dict[str, Any] = {"of_eval": of_eval, "run": run, "verdicts": _verdicts(of_eval, run)}
    if run.status not in FINAL or not run.done:
        return page(request, "run_open.html.j2", **about, making=False, over=run.status in FINAL)
    making: Making = request.app.state.making

    def make() -> str:
        contents = Contents.of(results_of(listings, of_eval, run), _ROWS)
        said = replace(contents, about={**contents.about, "data": _data(run)})
        return written(request, "run.html.j2", **about, **values(said))

    text = making.get(("report", run.id, of_eval.body["name"]), make, PATIENCE)
    if text is None:
        return page(request, "run_open.html.j2", **about, making=True, over=True)
    return shown(text)


def _data(run: StoredRun) -> dict[str, str]:
    """Say where the rows came from."""
    if run.blob is None:
        return {"rows": "sent with the request"}
    source = run.body["data_source"].get("source") or {}
    return {"file": str(source.get("id") or ""), "sha256": run.blob}


def run_of(listings: Listings, of_eval: StoredEval, run_id: str) -> StoredRun:
    """Give a run of an eval.

    Raises:
        ApiError: there is none of that id.
    """
    run = listings.run(of_eval.id, run_id)
    if run is None:
        raise not_found("run", run_id)
    return run


def _verdicts(of_eval: StoredEval, run: StoredRun) -> list[Verdicts]:
    criteria: Sequence[Mapping[str, Any]] = of_eval.body["testing_criteria"]
    names = Lines.of(criteria).names
    counted = {each["testing_criteria"]: each for each in (run.tally or {}).get("criteria", ())}
    return [
        Verdicts(
            each["id"],
            names[each["id"]],
            each["type"],
            counted.get(each["id"], {}).get("passed", 0),
            counted.get(each["id"], {}).get("failed", 0),
        )
        for each in criteria
    ]
