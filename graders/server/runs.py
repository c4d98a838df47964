"""`/evals/{eval_id}/runs`: create, list, get, cancel, delete."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from graders.server.answered import Page
from graders.server.answered_evals import Run, RunDeleted
from graders.server.answers import answer, hexadecimal_id, now, page_of
from graders.server.asked_runs import RunBody
from graders.server.bodies import json_object
from graders.server.data_sources import blob_of
from graders.server.description import told
from graders.server.evals import eval_of, store_of
from graders.server.failures import ApiError, not_found
from graders.server.parameters import Listing, metadata_of, name_of, only, required
from graders.store import StoredRun, UnknownCursorError

router = APIRouter(prefix="/v1/evals/{eval_id}/runs")
Body = Annotated[dict[str, Any], Depends(json_object)]

_LISTING = Listing(words={"status": ("queued", "in_progress", "completed", "canceled", "failed")})


@router.post("", **told(Run, status=201, body=RunBody))
def create(eval_id: str, body: Body, request: Request) -> Response:
    """Queue a run."""
    of_eval = eval_of(request, eval_id, status=400)
    only(body, ("data_source", "name", "metadata"))
    source: dict[str, Any] = required(body, "data_source", dict)
    blob = blob_of(source, of_eval, request.app.state.settings, store_of(request), now())
    model = name_of(source, "model", "data_source.")
    name = name_of(body) or model or f"run-{secrets.token_hex(4)}"
    made = {"name": name, "metadata": metadata_of(body), "model": model, "data_source": source}
    run = StoredRun(hexadecimal_id("evalrun"), eval_id, now(), "queued", made, blob)
    if not store_of(request).runs.add(run):
        raise ApiError(400, not_found("eval", eval_id).message)
    return answer(shown(run, request), 201)


@router.get("", **told(Page[Run], query=_LISTING.described()))
def listing(eval_id: str, request: Request) -> Response:
    """Give a page of the runs of an eval."""
    eval_of(request, eval_id)
    query = _LISTING.read(request.query_params)
    wanted = query.words["status"]
    try:
        page = store_of(request).runs.page(
            eval_id, after=query.after, limit=query.limit, descending=query.descending, status=wanted
        )
    except UnknownCursorError:
        raise not_found("run", query.after or "") from None
    return page_of(page, lambda run: shown(run, request))


@router.get("/{run_id}", **told(Run))
def get(eval_id: str, run_id: str, request: Request) -> Response:
    """Give a run."""
    return answer(shown(run_of(request, eval_id, run_id), request))


@router.post("/{run_id}", **told(Run))
@router.post("/{run_id}/cancel", **told(Run))
def cancel(eval_id: str, run_id: str, request: Request) -> Response:
    """Stop a run; one that is over stays as it is."""
    run = store_of(request).runs.cancel(eval_id, run_id)
    if run is None:
        raise not_found("run", run_id)
    return answer(shown(run, request))


@router.delete("/{run_id}", **told(RunDeleted))
def delete(eval_id: str, run_id: str, request: Request) -> Response:
    """Remove a run with its output items."""
    if not store_of(request).runs.delete(eval_id, run_id):
        raise not_found("run", run_id)
    return answer({"object": "eval.run.deleted", "deleted": True, "run_id": run_id})


def run_of(request: Request, eval_id: str, run_id: str) -> StoredRun:
    """Give a stored run.

    Raises:
        ApiError: there is none of that id.
    """
    run = store_of(request).runs.get(eval_id, run_id)
    if run is None:
        raise not_found("run", run_id)
    return run


def shown(run: StoredRun, request: Request) -> dict[str, Any]:
    """Give a run as the API shows it."""
    tally = run.tally or {}
    return {
        "object": "eval.run",
        "id": run.id,
        "eval_id": run.eval_id,
        "report_url": f"{request.base_url}evaluations/{run.eval_id}?run_id={run.id}",
        "status": run.status,
        "model": run.body["model"],
        "name": run.body["name"],
        "created_at": run.created_at,
        "result_counts": {
            "total": run.total or 0,
            "errored": run.errored,
            "failed": run.failed,
            "passed": run.passed,
        },
        "per_model_usage": tally.get("usage"),
        "per_testing_criteria_results": tally.get("criteria"),
        "data_source": run.body["data_source"],
        "metadata": run.body["metadata"],
        "error": run.error,
    }
