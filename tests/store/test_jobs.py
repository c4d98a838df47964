"""Stored jobs: who holds one, what is said of it, and that it is said once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from graders.store import Event, Store, StoredJob, UnknownCursorError
from graders.store.jobs import CANCELLED, FAILED, PAUSED, VALIDATING
from graders.store.migrations import STEPS, _jobs

OWNER, OTHER = "one", "two"
ERROR = {"code": "c", "message": "m", "param": None}


@pytest.fixture
def store(tmp_path, database):
    with Store(tmp_path / "store", database) as store:
        yield store


def event(name):
    return Event(f"ftevent-{name}", {"message": name})


def added(store, name="ftjob-1", **body):
    job = StoredJob(name, 1, VALIDATING, body)
    store.jobs.add(job, [event(f"{name} created")])
    return job


def said(store, name="ftjob-1", **page):
    page = {"after": None, "limit": 100} | page
    return [each.body["message"] for each in store.jobs.events(name, **page).objects]


def test_a_job_comes_back_as_it_went(store):
    job = added(store, asked={"a": 10**30})
    assert store.jobs.get(job.id) == job
    assert store.jobs.get("ftjob-2") is None


def test_a_job_is_claimed_once_and_the_oldest_first(store):
    for number in range(3):
        added(store, f"ftjob-{number}")
    with ThreadPoolExecutor(8) as executor:
        claims = list(executor.map(lambda n: store.jobs.claim(f"owner {n}", 1.0, 60), range(8)))
    assert sorted(claim.job.id for claim in claims if claim) == ["ftjob-0", "ftjob-1", "ftjob-2"]


def test_a_job_of_a_dead_process_is_claimed_again_and_one_of_a_living_one_is_not(store):
    added(store)
    claim = store.jobs.claim(OWNER, 100.0, 60)
    assert store.jobs.claim(OTHER, 159.0, 60) is None
    assert store.jobs.beat(claim, OWNER, 150.0)
    assert store.jobs.claim(OTHER, 209.0, 60) is None
    assert store.jobs.claim(OTHER, 211.0, 60).attempts == 2
    assert not store.jobs.beat(claim, OWNER, 212.0)
    assert store.jobs.claim(OTHER, 212.0, 60).attempts == 3  # whoever asks holds nothing: it is dead


def test_a_job_ends_once_and_all_that_is_said_is_said_then(store):
    added(store)
    claim = store.jobs.claim(OWNER, 1.0, 60)
    taken = store.jobs.claim(OTHER, 100.0, 60)
    assert not store.jobs.end(claim, OWNER, FAILED, [event("lost")], 5, ERROR)
    assert store.jobs.end(taken, OTHER, FAILED, [event("first"), event("last")], 5, ERROR)
    assert not store.jobs.end(taken, OTHER, CANCELLED, [event("again")], 6)
    job = store.jobs.get("ftjob-1")
    assert (job.status, job.finished_at, job.error) == (FAILED, 5, ERROR)
    assert said(store) == ["last", "first", "ftjob-1 created"]
    assert store.jobs.claim(OWNER, 1000.0, 60) is None


def test_a_job_that_is_moved_is_nobodys_and_begins_anew(store):
    added(store)
    claim = store.jobs.claim(OWNER, 1.0, 60)
    assert store.jobs.move("ftjob-1", [VALIDATING], PAUSED, event("paused")).status == PAUSED
    assert not store.jobs.beat(claim, OWNER, 2.0)
    assert not store.jobs.end(claim, OWNER, CANCELLED, [event("too late")], 5)
    assert store.jobs.claim(OTHER, 3.0, 60) is None
    assert store.jobs.move("ftjob-1", [VALIDATING], CANCELLED, event("no"), 5).status == PAUSED
    assert store.jobs.move("ftjob-1", [PAUSED], VALIDATING, event("resumed")).finished_at is None
    assert store.jobs.claim(OTHER, 4.0, 60).attempts == 1
    assert said(store) == ["resumed", "paused", "ftjob-1 created"]
    assert store.jobs.move("ftjob-2", [PAUSED], VALIDATING, event("none")) is None


def test_pages_begin_with_the_last_and_hold_what_is_wanted(store):
    for number in range(450):
        added(store, f"ftjob-{number}", number=number)
    ids, after = [], None
    while True:
        page = store.jobs.page(after=after, limit=7, wanted=lambda job: job.body["number"] % 40 == 0)
        ids += [job.body["number"] for job in page.objects]
        if not page.has_more:
            break
        after = page.objects[-1].id
    assert ids == list(range(440, -1, -40))
    assert not store.jobs.page(after=None, limit=1, wanted=lambda _: False).has_more
    with pytest.raises(UnknownCursorError):
        store.jobs.page(after="ftjob-none", limit=1, wanted=lambda _: True)


def test_events_are_those_of_their_job(store):
    added(store)
    added(store, "ftjob-2")
    assert said(store, "ftjob-2") == ["ftjob-2 created"]
    with pytest.raises(UnknownCursorError):
        said(store, after="ftevent-ftjob-2 created")


def test_a_store_from_before_there_were_jobs_gets_their_tables(tmp_path, database):
    with Store(tmp_path / "store", database) as store, store.database.writing() as connection:
        for statement in (
            "DROP TABLE tuning_events",
            "DROP TABLE tuning_jobs",
            f"UPDATE schema_version SET version = {STEPS.index(_jobs)}",
        ):
            connection.execute(text(statement))
    with Store(tmp_path / "store", database) as store:
        assert store.jobs.get(added(store).id) is not None
