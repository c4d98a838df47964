"""The runner: the process that grades runs, several at once, and is found alive by its heart-beat.

Design: only one runner works on a store at a time, by the operating system's lock, which ends with the
process. So whatever run bears this store's name and is held by nobody here was left behind by a runner that
is dead, and is taken up at once where that one stopped. A run that was held when runners died, again
and again, may be what ended them: it is graded alone, so that no other run is taken for it.
"""

import os
import secrets
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from graders.cache import Cache
from graders.errors import RunError
from graders.lock import locked
from graders.server.faults import note, say, say_unusable
from graders.server.run_job import LostError, RunJob
from graders.server.settings import Settings
from graders.server.tuning_runner import TuningRunner
from graders.server.webhooks import deliver
from graders.store import UNAVAILABLE, Claim, Store, StoreError
from graders.store.runs import MOST

_LOOK_EVERY, _BEAT_EVERY, _SWEEP_EVERY = 0.1, 2.0, 60.0
_SUSPECT = 2
"""How often a run is begun beside others without getting further."""
_PATIENCE = 60.0
"""Seconds after which a runner of another machine, which shares our database, is taken for dead."""


@dataclass
class Runner:
    """Takes runs from the store and grades them."""

    settings: Settings
    store: Store
    owner: str
    cache: Cache
    stopped: threading.Event = field(default_factory=threading.Event)
    alive: Callable[[], None] = lambda: None
    _jobs: dict[int, RunJob] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last_beat: float = 0.0
    _last_sweep: float = 0.0
    _hindered: bool = False

    def work(self) -> None:
        """Grade until told to stop."""
        self.store.blobs.sweep(time.time())
        while not self.stopped.is_set():
            try:
                self._look()
                self._hindered = False
            except UNAVAILABLE as error:
                self._wait(error)
            self.stopped.wait(_LOOK_EVERY)
        for job in self._held().values():
            job.stop()

    def _wait(self, error: Exception) -> None:
        """Say once that the store cannot be used, and wait: it is locked, or the disk is full; both pass."""
        if not self._hindered:
            say_unusable(error)
        self._hindered = True
        self.stopped.wait(1.0)

    def _held(self) -> dict[int, RunJob]:
        with self._lock:
            return dict(self._jobs)

    def _look(self) -> None:
        now = time.time()
        if now - self._last_beat >= _BEAT_EVERY or now < self._last_beat:
            self._beat(now)
        if now - self._last_sweep >= _SWEEP_EVERY or now < self._last_sweep:
            self._last_sweep = now
            self.store.files.sweep(int(now))
        self.store.items.sweep()
        self._take(now)

    def _take(self, now: float) -> None:
        """Begin another run, where there is one and room for it."""
        held = self._held()
        alone = any(job.is_suspect for job in held.values())
        if alone or len(held) >= self.settings.runs_at_once:
            return
        most = _SUSPECT if held else MOST
        claim = self.store.runs.claim(self.owner, now, _PATIENCE, list(held), most_attempts=most)
        if claim is not None:
            self._start(claim)

    def _beat(self, now: float) -> None:
        self._last_beat = now
        self.alive()
        held = self._held()
        if held:
            ours = self.store.runs.beat(self.owner, list(held), now)
            for seq in held.keys() - ours:
                held[seq].stop()

    def _start(self, claim: Claim) -> None:
        suspect = claim.attempts > _SUSPECT
        job = RunJob(self.store, self.settings, self.cache, self.owner, claim, is_suspect=suspect)
        with self._lock:
            self._jobs[claim.seq] = job
        threading.Thread(target=self._do, args=(job,), name=f"run {claim.seq}", daemon=True).start()

    def _do(self, job: RunJob) -> None:
        try:
            job.work()
        except LostError:
            pass
        except Exception as error:  # whatever a document or a row does, other runs go on
            note(error)
            self._fail(job)
        finally:
            with self._lock:
                del self._jobs[job.claim.seq]

    def _fail(self, job: RunJob) -> None:
        error = {"code": "server_error", "message": "The server had an error while grading the run."}
        with suppress(*UNAVAILABLE):
            self.store.runs.end(job.claim, self.owner, "failed", error)


def owner_of(folder: Path) -> str:
    """Give the name of a store, which its runners write into the runs that they hold."""
    path, new = folder / "owner", folder / "owner.new"
    if not path.exists():  # written whole or not at all; only one process is here at a time
        new.write_text(secrets.token_hex(16), "ascii")
        new.replace(path)
    return path.read_text("ascii")


def run_here(settings: Settings, stopped: threading.Event, alive: Callable[[], None]) -> None:
    """Be the runner of a store, as soon as no other process is; `alive` is called now and then."""
    place = settings.store / "runner"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    while not stopped.is_set():
        try:
            with locked(place), Store(settings.store, settings.database, settings.receivers) as store:
                runner = Runner(settings, store, owner_of(settings.store), settings.cache(), stopped, alive)
                deliver(settings, store.deliveries, stopped)
                TuningRunner(settings, store, runner.owner, runner.cache, stopped).start()
                runner.work()
        except RunError:  # the one before us is still ending
            alive()
            stopped.wait(_LOOK_EVERY)
        except StoreError as error:
            alive()
            say(str(error))
            stopped.wait(1.0)
    sys.stderr.flush()
    os._exit(0)  # threads may wait for judges; what they hold is taken up by the next runner
