"""`/playground`: a grader, an item and a sample, and what comes of them."""

import gzip
import json
from itertools import islice
from typing import Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from graders import catalog
from graders.compile.several import ADDED_BY_EVALS
from graders.errors import ConfigError
from graders.server.answers import now
from graders.server.evals import eval_of, store_of
from graders.server.failures import ApiError, not_found
from graders.server.pages.forms import form_of
from graders.server.pages.layout import page
from graders.server.pages.lines import Lines
from graders.server.pages.run_page import run_of
from graders.server.pages.stored_results import document_of
from graders.server.pages.trial import KINDS, Asked, Trial, tried
from graders.server.pages.words import indented
from graders.server.rows import RowError, rows_of_file
from graders.store import StoredFile
from graders.store.items import item_id
from graders.store.listings import Listings
from graders.strict_json import loads

router = APIRouter(include_in_schema=False)

_BODY = 16 * 2**20
_LARGEST = 2**21
_FILES = 100
_EXAMPLE = "exact_match"


@router.get("/playground")
def playground(request: Request) -> Response:
    """Show the form: empty but for an example, with a ready-made grader, or with a row of a run."""
    given = request.query_params
    if "run_id" in given:
        asked = _row_of_run(request, given.get("eval_id", ""), given["run_id"], given.get("row", ""))
    else:
        asked = _ready_made(given.get("template", _EXAMPLE))
    return _page(request, asked, None, template=given.get("template", _EXAMPLE))


@router.post("/playground")
async def run(request: Request) -> Response:
    """Do what a button of the form says: grade, or load a grader or a row into the form."""
    form = await form_of(request, _BODY)
    kind = form.get("kind", "text")
    asked = Asked(
        form.get("grader", ""),
        form.get("item", "{}"),
        form.get("sample", ""),
        kind if kind in KINDS else "text",
    )
    chosen = {name: form.get(name, "") for name in ("template", "file", "row")}
    trial, problem = None, ""
    try:
        if form.get("do") == "template":
            asked = await run_in_threadpool(_ready_made, chosen["template"])
        elif form.get("do") == "row":
            asked = await run_in_threadpool(_row_of_file, request, asked, chosen["file"], chosen["row"])
        else:
            state = request.app.state
            trial = await run_sync(tried, asked, state.trials, limiter=state.grading)
    except ApiError as error:
        problem = error.message
    return await run_in_threadpool(_page, request, asked, trial, problem=problem, **chosen)


def _page(
    request: Request,
    asked: Asked,
    trial: Trial | None,
    *,
    problem: str = "",
    template: str = "",
    file: str = "",
    row: str = "",
) -> Response:
    return page(
        request,
        "playground.html.j2",
        nav="playground",
        asked=asked,
        trial=trial,
        problem=problem,
        ready_made=list(catalog.ready_made()),
        files=_files(request),
        template=template,
        file=file,
        row=row,
    )


def _files(request: Request) -> list[StoredFile]:
    files = store_of(request).files
    found = files.page(after=None, limit=_FILES, descending=True, purpose=None, now=now())
    return list(found.objects)


def _ready_made(name: str) -> Asked:
    """Give a ready-made grader with the first row of its own."""
    try:
        found = catalog.find(name)
    except ConfigError:
        raise ApiError(404, "There is no such ready-made grader.", param="template") from None
    lines = found.items.read_bytes()
    first = (gzip.decompress(lines) if found.items.name.endswith(".gz") else lines).partition(b"\n")[0]
    row = loads(first)
    item = row.get("item", {key: value for key, value in row.items() if key != "sample"})
    return _asked(json.loads(found.text("grader.json")), item, row.get("sample"))


def _row_of_run(request: Request, eval_id: str, run_id: str, row: str) -> Asked:
    """Give the criteria of an eval with the row of an output item."""
    of_eval = eval_of(request, eval_id)
    run_of(Listings(store_of(request).database), of_eval, run_id)
    body = store_of(request).items.get(run_id, item_id(run_id, _number(row)))
    if body is None:
        raise not_found("output item", row[:20])
    criteria = of_eval.body["testing_criteria"]
    line = Lines.of(criteria).line(loads(body))
    return _asked(_without_additions(document_of(criteria)), line["item"], line["sample"])


def _without_additions(document: Any) -> Any:
    """Leave out of criteria what Evals adds to them."""
    if not isinstance(document, dict):
        return document
    return {
        key: _without_additions(value)
        for key, value in document.items()
        if key not in ADDED_BY_EVALS or isinstance(value, dict)
    }


def _row_of_file(request: Request, asked: Asked, file_id: str, row: str) -> Asked:
    """Give the form with another row."""
    store = store_of(request)
    stored = store.files.get(file_id, now())
    if stored is None:
        raise ApiError(404, "Choose a file.", param="file")
    number = _number(row or "0")
    try:
        found = next(islice(rows_of_file(store.blobs.path(stored.blob), number), 1), None)
    except (RowError, FileNotFoundError, UnicodeDecodeError) as error:
        said = str(error) if isinstance(error, RowError) else "the file cannot be read"
        raise ApiError(400, f'{said}; rows are lines like {{"item": {{…}}, "sample": "…"}}') from None
    if found is None:
        raise ApiError(404, f"The file has no row {number}.", param="row")
    return _asked(None, found.item, found.sample)._replace(grader=asked.grader)


def _number(row: str) -> int:
    if not row.strip().isascii() or not row.strip().isdigit() or len(row) > 15:
        raise ApiError(400, "A row is named by its number, from 0.", param="row")
    return int(row)


def _asked(document: Any, item: Any, sample: Any) -> Asked:
    kind = "none" if sample is None else "text" if isinstance(sample, str) else "object"
    text = sample if isinstance(sample, str) else "" if sample is None else indented(sample)
    asked = Asked(indented(document), indented(item), text, kind)
    if sum(map(len, asked)) > _LARGEST:
        raise ApiError(400, f"This is too large for a form: more than {_LARGEST:,} letters.")
    return asked
