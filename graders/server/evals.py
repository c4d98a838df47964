"""`/evals`: create, list, get, update, delete."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from graders.server.answered import Page
from graders.server.answered_evals import Eval, EvalDeleted
from graders.server.answers import answer, hexadecimal_id, now, page_of
from graders.server.asked import EvalBody, EvalChanges
from graders.server.bodies import json_object
from graders.server.criteria import criteria_of
from graders.server.description import told
from graders.server.failures import ApiError, not_found
from graders.server.parameters import Listing, metadata_of, name_of, only
from graders.server.settings import Settings
from graders.server.sources import config_of
from graders.store import Store, StoredEval, UnknownCursorError

router = APIRouter(prefix="/v1/evals")
Body = Annotated[dict[str, Any], Depends(json_object)]

_LISTING = Listing(words={"order_by": ("created_at", "updated_at")}, marked=("order_by",))


@router.post("", **told(Eval, status=201, body=EvalBody))
def create(body: Body, request: Request) -> Response:
    """Make an eval."""
    only(body, ("data_source_config", "testing_criteria", "name", "metadata"))
    settings: Settings = request.app.state.settings
    config = config_of(body, settings.limits.schema)
    criteria = criteria_of(body, settings.confinement)
    made = {
        "data_source_config": config,
        "metadata": metadata_of(body),
        "name": name_of(body) or f"eval-{secrets.token_hex(4)}",
        "testing_criteria": criteria,
    }
    created = now()
    stored = StoredEval(hexadecimal_id("eval"), created, created, made)
    store_of(request).evals.add(stored)
    return answer(shown(stored), 201)


@router.get("", **told(Page[Eval], query=_LISTING.described()))
def listing(request: Request) -> Response:
    """Give a page of evals."""
    query = _LISTING.read(request.query_params)
    by = query.words["order_by"] or "created_at"
    try:
        page = store_of(request).evals.page(
            after=query.after, limit=query.limit, descending=query.descending, by=by
        )
    except UnknownCursorError:
        raise not_found("eval", query.after or "") from None
    return page_of(page, shown)


@router.get("/{eval_id}", **told(Eval))
def get(eval_id: str, request: Request) -> Response:
    """Give an eval."""
    return answer(shown(eval_of(request, eval_id)))


@router.post("/{eval_id}", **told(Eval, body=EvalChanges))
def update(eval_id: str, body: Body, request: Request) -> Response:
    """Change the name or the metadata of an eval."""
    only(body, ("name", "metadata"))
    changes: dict[str, Any] = {}
    if name := name_of(body):
        changes["name"] = name
    if body.get("metadata") is not None:
        changes["metadata"] = metadata_of(body)
    stored = store_of(request).evals.change(eval_id, changes, now())
    if stored is None:
        raise not_found("eval", eval_id)
    return answer(shown(stored))


@router.delete("/{eval_id}", **told(EvalDeleted))
def delete(eval_id: str, request: Request) -> Response:
    """Remove an eval with its runs."""
    if not store_of(request).evals.delete(eval_id):
        raise not_found("eval", eval_id)
    return answer({"object": "eval.deleted", "deleted": True, "eval_id": eval_id})


def store_of(request: Request) -> Store:
    """Give the store of the server."""
    store: Store = request.app.state.store
    return store


def eval_of(request: Request, eval_id: str, status: int = 404) -> StoredEval:
    """Give a stored eval.

    Raises:
        ApiError: there is none of that id; the answer has this status.
    """
    stored = store_of(request).evals.get(eval_id)
    if stored is None:
        error = not_found("eval", eval_id)
        raise ApiError(status, error.message)
    return stored


def shown(stored: StoredEval) -> dict[str, Any]:
    """Give an eval as the API shows it, keys in the order that was observed."""
    body = stored.body
    return {
        "id": stored.id,
        "created_at": stored.created_at,
        "data_source_config": body["data_source_config"],
        "metadata": body["metadata"],
        "name": body["name"],
        "object": "eval",
        "testing_criteria": body["testing_criteria"],
    }
