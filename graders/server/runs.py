"""`/evals/{eval_id}/runs`: create, list, get, cancel, delete."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from graders.server.answers import answer, hexadecimal_id, now, page_of
from graders.server.bodies import json_object
from graders.server.evals import eval_of, store_of
from graders.server.failures import ApiError, invalid, not_found
from graders.server.parameters import Query, chosen, metadata_of, name_of, only, required
from graders.server.rows import RowError, check_rows, inline_rows
from graders.server.sources import item_schema_of
from graders.store import StoredEval, StoredRun, UnknownCursorError

router = APIRouter(prefix="/v1/evals/{eval_id}/runs")
Body = Annotated[dict[str, Any], Depends(json_object)]

SOURCES = ("jsonl", "completions", "responses")
STATUSES = ("queued", "in_progress", "completed", "canceled", "failed")
_SOURCE = "data_source.source."
_LOGS = {"completions": "stored_completions", "responses": "responses"}
"""What the two other data sources call the requests that the service has logged."""


@router.post("")
def create(eval_id: str, body: Body, request: Request) -> Response:
    """Queue a run."""
    of_eval = eval_of(request, eval_id, status=400)
    only(body, ("data_source", "name", "metadata"))
    source: dict[str, Any] = required(body, "data_source", dict)
    blob = _blob(request, of_eval, source)
    name = name_of(body) or f"run-{secrets.token_hex(4)}"
    made = {"name": name, "metadata": metadata_of(body), "model": source.get("model"), "data_source": source}
    run = StoredRun(hexadecimal_id("evalrun"), eval_id, now(), "queued", made, blob)
    if not store_of(request).runs.add(run):
        raise ApiError(400, not_found("eval", eval_id).message)
    return answer(shown(run, request), 201)


def _blob(request: Request, of_eval: StoredEval, source: Mapping[str, Any]) -> str | None:
    """Check a data source; give the name of the bytes that it reads, None where it reads none.

    Raises:
        ApiError: it cannot be used.
    """
    kind = chosen(source, "type", SOURCES, "data_source.")
    if kind == "jsonl":
        only(source, ("type", "source"), "data_source.")
    place: dict[str, Any] = required(source, "source", dict, "data_source.")
    if kind != "jsonl" and place.get("type") == _LOGS[kind]:
        return None  # hosted, too, this is found out when the run begins
    if kind != "jsonl":
        message = f"Data sources of the type '{kind}' are not supported by this server; 'jsonl' is."
        raise invalid("data_source.type", message, "unsupported_source")
    if chosen(place, "type", ("file_content", "file_id"), _SOURCE) == "file_id":
        return _file(request, place)
    _check_content(required(place, "content", list, _SOURCE), of_eval)
    return None


def _file(request: Request, place: Mapping[str, Any]) -> str:
    file_id = required(place, "id", str, _SOURCE)
    stored = store_of(request).files.get(file_id, now())
    if stored is None:
        raise ApiError(400, not_found("File", file_id).message, param=f"{_SOURCE}id")
    return stored.blob


def _check_content(content: list[Any], of_eval: StoredEval) -> None:
    try:
        check_rows(inline_rows(content), item_schema_of(of_eval.body["data_source_config"]))
    except RowError as error:
        param = f"{_SOURCE}content[{error.row}]"
        raise invalid(param, f"Invalid '{param}': {error}.", "invalid_data") from None


@router.get("")
def listing(eval_id: str, request: Request) -> Response:
    """Give a page of the runs of an eval."""
    eval_of(request, eval_id)
    query = Query(request.query_params)
    descending, status = query.descending(), query.word("status", STATUSES)
    try:
        page = store_of(request).runs.page(
            eval_id, after=query.after, limit=query.limit, descending=descending, status=status
        )
    except UnknownCursorError:
        raise not_found("run", query.after or "") from None
    return page_of(page, lambda run: shown(run, request))


@router.get("/{run_id}")
def get(eval_id: str, run_id: str, request: Request) -> Response:
    """Give a run."""
    return answer(shown(run_of(request, eval_id, run_id), request))


@router.post("/{run_id}")
@router.post("/{run_id}/cancel")
def cancel(eval_id: str, run_id: str, request: Request) -> Response:
    """Stop a run; one that is over stays as it is."""
    run = store_of(request).runs.cancel(eval_id, run_id)
    if run is None:
        raise not_found("run", run_id)
    return answer(shown(run, request))


@router.delete("/{run_id}")
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
