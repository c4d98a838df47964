"""`/evals/{eval_id}/runs/{run_id}/output_items`: list and get."""

from fastapi import APIRouter, Request, Response

from graders.server.answers import page_answer
from graders.server.evals import store_of
from graders.server.failures import not_found
from graders.server.parameters import Query
from graders.server.runs import run_of
from graders.store import UnknownCursorError
from graders.strict_json import loads

router = APIRouter(prefix="/v1/evals/{eval_id}/runs/{run_id}/output_items")


@router.get("")
def listing(eval_id: str, run_id: str, request: Request) -> Response:
    """Give a page of the output items of a run, in the order of its rows."""
    run_of(request, eval_id, run_id)
    query = Query(request.query_params)
    descending, status = query.descending(), query.word("status", ("fail", "pass", "failed"))
    wanted = "fail" if status == "failed" else status
    try:
        page = store_of(request).items.page(
            run_id, after=query.after, limit=query.limit, descending=descending, status=wanted
        )
    except UnknownCursorError:
        raise not_found("output item", query.after or "") from None
    return page_answer([(_id(body), body) for body in page.objects], has_more=page.has_more)


@router.get("/{item_id}")
def get(eval_id: str, run_id: str, item_id: str, request: Request) -> Response:
    """Give one output item."""
    run_of(request, eval_id, run_id)
    body = store_of(request).items.get(run_id, item_id)
    if body is None:
        raise not_found("output item", item_id)
    return Response(body, media_type="application/json")


def _id(body: bytes) -> str:
    found: str = loads(body)["id"]
    return found
