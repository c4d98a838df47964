"""The dry runs of fine-tuning jobs, one after the other, beside the runs that the runner grades.

Design: a job is tried out in a thread, while another one says that it is alive and hears that it is not
wanted any more. The files of a job are linked under their ids: they stay whole while they are read, whoever
removes them.
"""

import hashlib
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graders.cache import Cache
from graders.compile import Options
from graders.errors import GradersError
from graders.fine_tuning import DryRun, Grading, dry_run
from graders.server.answers import now
from graders.server.faults import note
from graders.server.settings import Settings
from graders.server.tuning_outcome import NOTHING_TRAINED, error_of, event, events_of, status_of
from graders.server.tuning_requests import FILES
from graders.store import UNAVAILABLE, JobClaim, Store
from graders.store.jobs import FAILED

_LOOK_EVERY, _BEAT_EVERY, _PATIENCE = 0.1, 2.0, 60.0
MOST_ATTEMPTS = 5
FOLDER = "jobs"


class _UnwantedError(Exception):
    """The job is not ours any more: it was cancelled or paused, or is to go on in another process."""


class _FailedError(Exception):
    """The job ends with an error that no finding tells."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message, "param": param}


@dataclass
class TuningRunner:
    """Takes jobs from the store and tries them out."""

    settings: Settings
    store: Store
    owner: str
    cache: Cache
    stopped: threading.Event = field(default_factory=threading.Event)
    _unwanted: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Work in a thread until told to stop."""
        shutil.rmtree(self._folder, ignore_errors=True)  # what a process that was killed left behind
        threading.Thread(target=self._work, name="tuning", daemon=True).start()

    @property
    def _folder(self) -> Path:
        return self.settings.store / FOLDER

    def _work(self) -> None:
        while not self.stopped.is_set():
            try:
                claim = self.store.jobs.claim(self.owner, time.time(), _PATIENCE)
                if claim is not None:
                    self._hold(claim)
            except UNAVAILABLE:  # locked for long, or the disk is full: both pass
                self.stopped.wait(1.0)
            self.stopped.wait(_LOOK_EVERY)

    def _hold(self, claim: JobClaim) -> None:
        """Try a job out, and say meanwhile that somebody does."""
        self._unwanted.clear()
        trial = threading.Thread(target=self._try, args=(claim,), name=f"job {claim.seq}", daemon=True)
        trial.start()
        while trial.is_alive():
            trial.join(_BEAT_EVERY)
            if self.stopped.is_set() or not self._beat(claim):
                self._unwanted.set()

    def _beat(self, claim: JobClaim) -> bool:
        try:
            return self.store.jobs.beat(claim, self.owner, time.time())
        except UNAVAILABLE:
            return True

    def _try(self, claim: JobClaim) -> None:
        try:
            self._end(claim)
        except (_UnwantedError, *UNAVAILABLE):  # the next one to look takes it up again, if it is wanted
            pass
        except Exception as error:  # whatever a document or a row does, other jobs go on
            note(error)
            self._fail(claim, _FailedError("server_error", "The server had an error during the dry run."))

    def _end(self, claim: JobClaim) -> None:
        if claim.attempts > MOST_ATTEMPTS:
            self._fail(claim, _FailedError("server_error", "The dry run has ended several processes."))
            return
        document = claim.job.body["document"]
        try:
            report = self._report(claim.job.body)
        except _FailedError as failure:
            self._fail(claim, failure)
            return
        names = {_link_name(document[param]): param for param in reversed(FILES) if document.get(param)}
        error = error_of(report.findings, names)
        self.store.jobs.end(claim, self.owner, status_of(report), events_of(report), now(), error)

    def _report(self, body: dict[str, Any]) -> DryRun:
        settings, document = self.settings, body["document"]
        options = Options("zero", media_root=settings.media_root)
        grading = Grading(settings.judge, self.cache, settings.asking, settings.confinement, options)
        with self._linked(document) as files:
            try:
                return dry_run(
                    document,
                    files["training_file"],
                    valid=files.get("validation_file"),
                    grading=grading,
                    azure=body["azure"],
                    on_stage=self._check,
                )
            except GradersError as error:
                raise _FailedError("dry_run_failed", str(error)) from None

    def _check(self, _: str) -> None:
        if self._unwanted.is_set():
            raise _UnwantedError

    @contextmanager
    def _linked(self, document: dict[str, Any]) -> Iterator[dict[str, Path]]:
        """Give the files of a job, under their ids."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            yield {
                param: self._link(Path(folder), param, document[param])
                for param in FILES
                if document.get(param)
            }

    def _link(self, folder: Path, param: str, file_id: str) -> Path:
        stored, link = self.store.files.get(file_id, now()), folder / _link_name(file_id)
        try:
            if stored is None:
                raise FileNotFoundError
            if not link.exists():
                _link_or_copy(self.store.blobs.path(stored.blob), link)
        except FileNotFoundError:
            message = f"The file {file_id} is not there any more."
            raise _FailedError(f"invalid_{param}", message, param) from None
        return link

    def _fail(self, claim: JobClaim, error: _FailedError) -> None:
        said = event(f"{error} {NOTHING_TRAINED}", "error")
        with suppress(*UNAVAILABLE):  # then the job is taken up again
            self.store.jobs.end(claim, self.owner, FAILED, [said], now(), error.body)


def _link_name(file_id: str) -> str:
    """Name the link of a file: by its id, unless that was made elsewhere and could lead out of the folder."""
    plain = re.fullmatch(r"[A-Za-z0-9_-]{1,100}", file_id)
    return f"{file_id if plain else hashlib.sha256(file_id.encode()).hexdigest()}.jsonl"


def _link_or_copy(source: Path, link: Path) -> None:
    try:
        os.link(source, link)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links
        shutil.copyfile(source, link)
