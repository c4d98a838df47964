"""`/files`: upload, list, get, content, delete."""

import asyncio
import errno
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, get_args

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from graders.server.answered import File, FileDeleted, Page, Purpose
from graders.server.answers import alphanumeric, answer, now, page_of
from graders.server.asked import LATEST, SOONEST, FileForm
from graders.server.bodies import chunks
from graders.server.description import told, told_bytes
from graders.server.failures import ApiError, invalid, missing, not_found, wrong_choice, wrong_type
from graders.server.parameters import Listing
from graders.server.settings import Settings
from graders.server.uploads import Upload, receive
from graders.store import QuotaError, Store, StoredFile, UnknownCursorError
from graders.strict_json import loads

router = APIRouter(prefix="/v1/files")

PURPOSES: tuple[str, ...] = get_args(Purpose)
_LISTING = Listing("desc", 10_000, 10_000, {"purpose": PURPOSES})
_FORM_BYTES = 2**16
"""What a form may hold beside its file."""


@router.post("", **told(File, body=FileForm))
async def create(request: Request) -> Response:
    """Take a file in."""
    settings: Settings = request.app.state.settings
    store: Store = request.app.state.store
    limits = settings.limits
    pieces = chunks(request, limits.upload + _FORM_BYTES, limits.read_seconds)
    try:
        with store.blobs.receive() as incoming:
            upload = await receive(request.headers.get("content-type", ""), pieces, incoming)
            stored = await run_in_threadpool(_keep, store, upload, settings)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _full() from None
        raise
    return answer(shown(stored))


def _keep(store: Store, upload: Upload, settings: Settings) -> StoredFile:
    purpose, lifetime = _purpose(upload), _lifetime(upload.fields)
    blob, size = upload.incoming.finish(), upload.incoming.size
    if size > settings.limits.upload:
        raise ApiError(413, f"The file is larger than {settings.limits.upload} bytes.", param="file")
    if purpose == "fine-tune":
        _check_lines(upload)
    created = now()
    expires = None if lifetime is None else created + lifetime
    body = {"filename": upload.filename}
    stored = StoredFile(f"file-{alphanumeric(22)}", created, expires, purpose, size, blob, body)
    try:
        store.files.add(stored, upload.incoming, settings.limits.quota)
    except QuotaError:
        raise _full() from None
    return stored


def _full() -> ApiError:
    return ApiError(413, "There is no room for this file.", param="file", code="storage_quota_exceeded")


def _purpose(upload: Upload) -> str:
    purpose = upload.fields.get("purpose")
    if purpose is None:
        raise missing("purpose")
    if purpose not in PURPOSES:
        raise wrong_choice("purpose", purpose, PURPOSES)
    if purpose == "fine-tune" and not (upload.filename or "").endswith(".jsonl"):
        message = "Invalid file format for Fine-Tuning API. Must be .jsonl"
        raise ApiError(400, message, param="file")
    return purpose


def _lifetime(fields: Mapping[str, str]) -> int | None:
    anchor, seconds = fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    for name, value in (("anchor", anchor), ("seconds", seconds)):
        if value is None:
            raise missing(f"expires_after[{name}]")
    if anchor != "created_at":
        raise wrong_choice("expires_after[anchor]", str(anchor), ("created_at",))
    text = str(seconds)
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise wrong_type("expires_after[seconds]", "an integer", text)
    if not SOONEST <= int(text) <= LATEST:
        said = f"Expected a value from {SOONEST} to {LATEST}, but got {int(text)} instead."
        raise invalid("expires_after[seconds]", f"Invalid 'expires_after[seconds]': {said}")
    return int(text)


def _check_lines(upload: Upload) -> None:
    """Refuse a training file with a line that is no JSON."""
    with upload.incoming.path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                loads(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
            except ValueError:
                message = f"Invalid file format. Line {number} is not valid JSON."
                raise ApiError(400, message, param="file") from None


@router.get("", **told(Page[File], query=_LISTING.described()))
def listing(request: Request) -> Response:
    """Give a page of files."""
    query = _LISTING.read(request.query_params)
    store: Store = request.app.state.store
    purpose = query.words["purpose"]
    try:
        page = store.files.page(
            after=query.after, limit=query.limit, descending=query.descending, purpose=purpose, now=now()
        )
    except UnknownCursorError:
        raise not_found("File", query.after or "") from None
    return page_of(page, shown)


@router.get("/{file_id}", **told(File))
def get(file_id: str, request: Request) -> Response:
    """Give what is known of a file."""
    return answer(shown(_found(request, file_id)))


@router.get("/{file_id}/content", response_class=StreamingResponse, **told_bytes())
async def content(file_id: str, request: Request) -> Response:
    """Give the bytes of a file."""
    stored = await asyncio.to_thread(_found, request, file_id)
    store: Store = request.app.state.store
    try:
        opened = store.blobs.open(stored.blob)
    except FileNotFoundError:
        raise not_found("File", file_id) from None
    return _Content(opened, stored.bytes)


class _Content(StreamingResponse):
    """The bytes of a file, which is let go of however the answer ends."""

    def __init__(self, opened: BinaryIO, size: int) -> None:
        headers = {"content-length": str(size), "content-disposition": "attachment"}
        super().__init__(_pieces(opened), media_type="application/octet-stream", headers=headers)
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them, as long as somebody takes them."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._opened.close()


def _pieces(opened: BinaryIO) -> Iterator[bytes]:
    with opened:
        while piece := opened.read(2**18):
            yield piece


@router.delete("/{file_id}", **told(FileDeleted))
def delete(file_id: str, request: Request) -> Response:
    """Remove a file."""
    store: Store = request.app.state.store
    if not store.files.delete(file_id, now()):
        raise not_found("File", file_id)
    return answer({"id": file_id, "object": "file", "deleted": True})


def _found(request: Request, file_id: str) -> StoredFile:
    store: Store = request.app.state.store
    stored = store.files.get(file_id, now())
    if stored is None:
        raise not_found("File", file_id)
    return stored


def shown(stored: StoredFile) -> dict[str, Any]:
    """Give a file as the API shows it."""
    return {
        "object": "file",
        "id": stored.id,
        "purpose": stored.purpose,
        "filename": stored.body["filename"],
        "bytes": stored.bytes,
        "created_at": stored.created_at,
        "expires_at": stored.expires_at,
        "status": "processed",
        "status_details": None,
    }
