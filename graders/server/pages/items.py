"""`/evaluations/{eval_id}/items`: the output items of a run, filtered, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from graders.report.rows import row_view
from graders.report.text import pieces
from graders.report.views import Field, RowView
from graders.server.evals import eval_of, store_of
from graders.server.failures import ApiError
from graders.server.pages.layout import page
from graders.server.pages.lines import Lines
from graders.server.pages.run_page import run_of
from graders.server.pages.searching import SHOWN, Found, Wanted, search
from graders.server.pages.stored_results import document_of
from graders.server.pages.words import indented
from graders.store import StoredEval
from graders.store.listings import Listings

router = APIRouter(include_in_schema=False)

_LIMIT, _SECONDS = 20, 2.0
_LONGEST, _DIGITS = 1000, 15


@dataclass(frozen=True)
class Links:
    """Addresses of pages of items that are asked for in the same way."""

    eval_id: str
    run_id: str
    wanted: Wanted

    def to(self, **changes: str | int | None) -> str:
        """Give the address where something of it is changed."""
        wanted = self.wanted
        asked = {
            "run_id": self.run_id,
            "show": None if wanted.show == "all" else wanted.show,
            "criterion": wanted.criterion,
            "text": wanted.text or None,
            **changes,
        }
        given = urlencode({name: value for name, value in asked.items() if value is not None})
        return f"/evaluations/{self.eval_id}/items?{given}"


@router.get("/evaluations/{eval_id}/items")
def items(eval_id: str, request: Request) -> Response:
    """Show a page of output items."""
    of_eval = eval_of(request, eval_id)
    given = request.query_params
    listings = Listings(store_of(request).database)
    run = run_of(listings, of_eval, given.get("run_id", ""))
    names = Lines.of(of_eval.body["testing_criteria"]).names
    wanted = _wanted(given, names)
    before, behind = _row(given, "before"), _row(given, "after")
    first = _row(given, "from")
    found = search(
        listings,
        run.id,
        wanted,
        behind=before if before is not None else first - 1 if first is not None else behind,
        backwards=before is not None,
        limit=_LIMIT,
        seconds=_SECONDS,
    )
    return page(
        request,
        "items.html.j2",
        of_eval=of_eval,
        run=run,
        names=names,
        wanted=wanted,
        first=first,
        found=found,
        views=_views(of_eval, found),
        links=Links(eval_id, run.id, wanted),
    )


def _wanted(given: Mapping[str, str], names: Mapping[str, str]) -> Wanted:
    show, criterion = given.get("show") or "all", given.get("criterion") or None
    if show not in SHOWN:
        raise ApiError(400, f"'show' is one of {', '.join(SHOWN)}.", param="show")
    if criterion is not None and criterion not in names:
        raise ApiError(404, "The eval has no such criterion.", param="criterion")
    return Wanted(show, criterion, given.get("text", "")[:_LONGEST])


def _row(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        raise ApiError(400, f"'{name}' is the number of a row, from 0.", param=name)
    return int(text)


def _views(of_eval: StoredEval, found: Found) -> list[RowView]:
    criteria = of_eval.body["testing_criteria"]
    lines, document = Lines.of(criteria), document_of(criteria)
    return [_with_prompt(row_view(lines.line(item), document), item) for item in found.items]


def _with_prompt(view: RowView, item: Mapping[str, Any]) -> RowView:
    """Show what the model was asked, where the run asked one."""
    asked = (item["sample"] or {}).get("input")
    if not asked:
        return view
    prompt = Field("asked", pieces(indented(asked), 6000))
    given = [replace(field, name=field.name or "answered") for field in view.sample]
    return replace(view, sample=[*given, prompt])
