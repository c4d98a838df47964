"""`/` and `/evaluations/{eval_id}`: the list of evals; an eval with its runs, or one of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request, Response

from graders.report.text import Piece, pieces
from graders.server.evals import eval_of, store_of
from graders.server.failures import not_found
from graders.server.pages.layout import page
from graders.server.pages.lines import Lines
from graders.server.pages.run_page import run_page
from graders.server.pages.words import indented
from graders.server.sources import item_schema_of
from graders.store import FINAL, Page, StoredEval, StoredRun, UnknownCursorError
from graders.store.listings import Listings, Standing

router = APIRouter(include_in_schema=False)

_EVALS, _RUNS = 25, 25
_DOCUMENT = 20_000


class Entry(NamedTuple):
    """An eval in the list, and how it stands; None where it has no run."""

    stored: StoredEval
    standing: Standing | None


class Criterion(NamedTuple):
    """A testing criterion: its name among the others, and its document as it is shown."""

    name: str
    document: Mapping[str, Any]
    text: Sequence[Piece]


@router.get("/")
def evals(request: Request, after: str | None = None) -> Response:
    """Show the evals, the last one first."""
    store = store_of(request)
    try:
        found = store.evals.page(after=after, limit=_EVALS, descending=True, by="created_at")
    except UnknownCursorError:
        raise not_found("eval", after or "") from None
    standings = Listings(store.database).standings([each.id for each in found.objects])
    entries = [Entry(each, standings.get(each.id)) for each in found.objects]
    return page(
        request, "evals.html.j2", nav="evals", entries=entries, more=found.has_more, first=after is None
    )


@router.get("/evaluations/{eval_id}")
def evaluation(
    eval_id: str, request: Request, run_id: str | None = None, before: str | None = None
) -> Response:
    """Show an eval with its runs, or one of its runs."""
    of_eval = eval_of(request, eval_id)
    if run_id is not None:
        return run_page(request, of_eval, run_id)
    runs = Listings(store_of(request).database).runs(eval_id, before=before, limit=_RUNS)
    config = of_eval.body["data_source_config"]
    return page(
        request,
        "eval.html.j2",
        of_eval=of_eval,
        criteria=_criteria(of_eval),
        schema=_shown(item_schema_of(config)),
        runs=runs.objects,
        more=runs.has_more,
        first=before is None,
        comparable=_comparable(runs),
    )


def _criteria(of_eval: StoredEval) -> list[Criterion]:
    documents = of_eval.body["testing_criteria"]
    names = Lines.of(documents).names
    return [Criterion(names[each["id"]], each, _shown(each)) for each in documents]


def _shown(value: object) -> list[Piece]:
    return pieces(indented(value), _DOCUMENT)


def _comparable(runs: Page[StoredRun]) -> bool:
    return len([run for run in runs.objects if run.status in FINAL and run.done]) > 1
