"""`/evals/{eval_id}/runs/{run_id}/output_items`: list and get."""

from fastapi import APIRouter, Request, Response

from graders.server.answered import Page
from graders.server.answered_evals import OutputItem
from graders.server.answers import page_answer
from graders.server.description import told
from graders.server.evals import store_of
from graders.server.failures import not_found
from graders.server.parameters import Listing
from graders.store import UnknownCursorError
from graders.strict_json import loads

router = APIRouter(prefix="/v1/evals/{eval_id}/runs/{run_id}/output_items")

_LISTING = Listing(words={"status": ("fail", "pass", "failed")})


@router.get("", **told(Page[OutputItem], query=_LISTING.described()))
def listing(eval_id: str, run_id: str, request: Request) -> Response:
    """Give a page of the output items of a run, in the order of its rows."""
    _check_run(request, eval_id, run_id)
    query = _LISTING.read(request.query_params)
    status = query.words["status"]
    wanted = "fail" if status == "failed" else status
    try:
        page = store_of(request).items.page(
            run_id, after=query.after, limit=query.limit, descending=query.descending, status=wanted
        )
    except UnknownCursorError:
        raise not_found("output item", query.after or "") from None
    return page_answer([(_id(body), body) for body in page.objects], has_more=page.has_more)


@router.get("/{item_id}", **told(OutputItem))
def get(eval_id: str, run_id: str, item_id: str, request: Request) -> Response:
    """Give one output item."""
    _check_run(request, eval_id, run_id)
    body = store_of(request).items.get(run_id, item_id)
    if body is None:
        raise not_found("output item", item_id)
    return Response(body, media_type="application/json")


def _check_run(request: Request, eval_id: str, run_id: str) -> None:
    if not store_of(request).runs.there(eval_id, run_id):
        raise not_found("run", run_id)


def _id(body: bytes) -> str:
    found: str = loads(body)["id"]
    return found
