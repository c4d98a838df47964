"""`/fine_tuning/jobs`: a dry run of what would be trained elsewhere. Nothing is trained here.

Design: a job is created, checked and watched as at the hosted service, and then ends as `failed`, with what
the service would say, or as `cancelled`, with an event that says that nothing was trained.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from graders.fine_tuning import FineTuningJob
from graders.server.addresses import is_azure
from graders.server.answered import Page, PlainPage
from graders.server.answered_jobs import Checkpoint, Job
from graders.server.answered_jobs import Event as ShownEvent
from graders.server.answers import alphanumeric, answer, now, page_answer, page_of
from graders.server.bodies import json_object
from graders.server.description import told
from graders.server.evals import store_of
from graders.server.failures import ApiError, not_found, wrong_type
from graders.server.parameters import Listing
from graders.server.settings import Settings
from graders.server.tuning_outcome import NOTHING_TRAINED, event
from graders.server.tuning_requests import FILES, body_of, shown
from graders.store import Event, StoredJob, UnknownCursorError
from graders.store.jobs import CANCELLED, PAUSED, VALIDATING
from graders.strict_json import dumps

router = APIRouter(prefix="/v1/fine_tuning/jobs")
Body = Annotated[dict[str, Any], Depends(json_object)]

_JOBS, _CHECKPOINTS = Listing(order=None), Listing(order=None, usual=10)
_PAIR = re.compile(r"metadata\[(.*)\]", re.DOTALL)
_METADATA = {
    "name": "metadata",
    "in": "query",
    "required": False,
    "style": "deepObject",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}


@router.post("", **told(Job, body=FineTuningJob))
def create(body: Body, request: Request) -> Response:
    """Create a job; its dry run begins at once."""
    settings: Settings = request.app.state.settings
    store, azure = store_of(request), is_azure(request.scope["asked_path"])
    made = body_of(body, store, settings.confinement, azure=azure)
    job = StoredJob(f"ftjob-{alphanumeric(24)}", now(), VALIDATING, made)
    store.jobs.add(job, _beginning(job))
    return answer(shown(job))


def _beginning(job: StoredJob) -> list[Event]:
    document = job.body["document"]
    named = " and ".join(
        f"{param.replace('_', ' ')}: {document[param]}" for param in FILES if document.get(param)
    )
    said = [event(f"Created fine-tuning job: {job.id}"), event(f"Validating {named}")]
    if document.get("integrations"):
        said.append(
            event("Integrations hear nothing of this job: this server calls no other service.", "warn")
        )
    return said


@router.get("", **told(PlainPage[Job], query=[*_JOBS.described(), _METADATA]))
def listing(request: Request) -> Response:
    """Give a page of jobs, the last one first."""
    query = _JOBS.read(request.query_params)
    wanted = _metadata_filter(request)
    try:
        page = store_of(request).jobs.page(after=query.after, limit=query.limit, wanted=wanted)
    except UnknownCursorError:
        raise not_found("fine-tuning job", query.after or "") from None
    return page_of(page, shown, ends=False)


def _metadata_filter(request: Request) -> Callable[[StoredJob], bool]:
    given = request.query_params
    if given.get("metadata") == "null":
        return lambda job: not job.body["metadata"]
    named = {found[1]: value for name, value in given.items() if (found := _PAIR.fullmatch(name))}
    for key in named:
        if "][" in key:
            raise wrong_type(f"metadata.{key.partition(']')[0]}", "a string", {})
    return lambda job: named.items() <= (job.body["metadata"] or {}).items()


@router.get("/{job_id}", **told(Job))
def get(job_id: str, request: Request) -> Response:
    """Give a job."""
    return answer(shown(_found(request, job_id)))


@router.post("/{job_id}/cancel", **told(Job))
def cancel(job_id: str, request: Request) -> Response:
    """Stop a job; one that is over stays as it is."""
    said = event(f"The job was cancelled. {NOTHING_TRAINED}")
    moved = store_of(request).jobs.move(job_id, (VALIDATING, PAUSED), CANCELLED, said, now())
    return answer(shown(_there(moved, job_id)))


@router.post("/{job_id}/pause", **told(Job))
def pause(job_id: str, request: Request) -> Response:
    """Hold a dry run up; what it has found so far is not kept."""
    return _held_or_freed(request, job_id, (VALIDATING, PAUSED), "The job was paused.")


@router.post("/{job_id}/resume", **told(Job))
def resume(job_id: str, request: Request) -> Response:
    """Begin the dry run of a paused job again."""
    return _held_or_freed(request, job_id, (PAUSED, VALIDATING), "The job was resumed.")


def _held_or_freed(request: Request, job_id: str, way: tuple[str, str], said: str) -> Response:
    before, after = way
    job = _there(store_of(request).jobs.move(job_id, (before,), after, event(said)), job_id)
    if job.status != after:
        message = f"Job '{job_id}' has the status '{job.status}': it cannot be {said.split()[-1]}"
        raise ApiError(400, message, code="invalid_job_status")
    return answer(shown(job))


@router.get("/{job_id}/events", **told(PlainPage[ShownEvent], query=_JOBS.described()))
def events(job_id: str, request: Request) -> Response:
    """Give a page of what was said of a job, the last first."""
    _found(request, job_id)
    query = _JOBS.read(request.query_params)
    try:
        page = store_of(request).jobs.events(job_id, after=query.after, limit=query.limit)
    except UnknownCursorError:
        raise not_found("event", query.after or "") from None
    objects = [(each.id, dumps({"id": each.id, **each.body})) for each in page.objects]
    return page_answer(objects, has_more=page.has_more, ends=False)


@router.get("/{job_id}/checkpoints", **told(Page[Checkpoint], query=_CHECKPOINTS.described()))
def checkpoints(job_id: str, request: Request) -> Response:
    """Give the checkpoints of a job: there are none, since nothing is trained."""
    _found(request, job_id)
    query = _CHECKPOINTS.read(request.query_params)
    if query.after is not None:
        raise not_found("checkpoint", query.after)
    return page_answer([], has_more=False)


def _found(request: Request, job_id: str) -> StoredJob:
    return _there(store_of(request).jobs.get(job_id), job_id)


def _there(job: StoredJob | None, job_id: str) -> StoredJob:
    if job is None:
        raise not_found("fine-tuning job", job_id)
    return job
