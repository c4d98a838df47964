"""What is too long, too large or leads elsewhere is refused, and breaks nothing for those who come later."""

import json
import threading

import pytest

from graders.server import grade as module
from graders.server.grade import Graders
from graders.server.pages.making import Making
from graders.server.settings import Settings
from graders.server.tuning_runner import TuningRunner
from graders.store import Store, StoredFile
from graders.store.jobs import VALIDATING, StoredJob


@pytest.mark.parametrize(
    "source", [{"type": "file_content", "content": []}, {"type": "stored_completions"}], ids=["rows", "logs"]
)
def test_a_model_of_endless_name_is_refused_and_the_eval_still_has_a_page(server, an_eval, source):
    path, asked = f"/v1/evals/{an_eval.id}/runs", {"type": "completions", "source": source}
    asked |= {"input_messages": {"type": "item_reference", "item_reference": "item.m"}}
    answer = server.ask("POST", path, {"data_source": {**asked, "model": "m" * 300_000}})
    assert answer.status == 400
    assert server.ask("GET", f"/evaluations/{an_eval.id}").status == 200


@pytest.mark.parametrize("row", ["9" * 16, "9" * 40, "0" * 20 + "9" * 40, "0" * 5000])
def test_a_row_of_endless_number_is_not_looked_for(server, client, an_eval, runs, row):
    run = client.evals.runs.create(an_eval.id, data_source=runs.inline([{"item": {"answer": "a"}}]))
    path = f"/evaluations/{an_eval.id}/items?run_id={run.id}&after={row}"
    assert server.ask("GET", path).status == 400


def test_the_name_of_a_file_that_was_made_elsewhere_leads_nowhere(tmp_path, exact, database):
    # ids of files come from a hosted API, too
    elsewhere = "../../../elsewhere"
    line = {"messages": [{"role": "user", "content": "?"}], "answer": "a"}
    data = b"\n".join(json.dumps(line).encode() for _ in range(12))
    settings, stopped = Settings(tmp_path / "store", database), threading.Event()
    with Store(settings.store, database) as store:
        with store.blobs.receive() as incoming:
            incoming.write(data)
            blob = incoming.finish()
            stored = StoredFile(elsewhere, 1, None, "fine-tune", len(data), blob, {"filename": "a"})
            store.files.add(stored, incoming, len(data))
        document = {
            "model": "o4-mini-2025-04-16", "training_file": elsewhere, "validation_file": elsewhere,
            "method": {"type": "reinforcement", "reinforcement": {"grader": exact}},
        }  # fmt: skip
        body = {"document": document, "method": "reinforcement", "azure": False}
        store.jobs.add(StoredJob("ftjob-1", 1, VALIDATING, body), [])
        runner = TuningRunner(settings, store, "me", settings.cache(), stopped)
        claim = store.jobs.claim("me", 1.0, 60.0)
        runner._hold(claim)
        assert store.jobs.get("ftjob-1").status in ("cancelled", "failed")
        said = store.jobs.events("ftjob-1", after=None, limit=10).objects
    assert any("dry run" in event.body["message"] for event in said)
    assert not list(tmp_path.glob("elsewhere*"))


def test_pages_that_wait_to_be_made_are_few():
    making, made, ready = Making(), [], threading.Event()

    def make(key):
        made.append(key)
        ready.wait(20)
        return str(key)

    before = threading.active_count()
    pages = [making.get(key, lambda key=key: make(key), 0.0) for key in range(100)]
    assert pages == [None] * 100
    assert threading.active_count() - before <= 30
    ready.set()
    assert making.get(0, lambda: make(0), 20) == "0"
    assert making.get(99, lambda: make(99), 20) == "99"


def test_a_sandbox_that_is_being_tried_out_holds_up_no_other_document(tmp_path, exact, monkeypatch):
    probing, probed = threading.Event(), threading.Event()

    def probe(*_, **__):
        probing.set()
        return probed.wait(20)

    monkeypatch.setattr(module, "probe", probe)
    settings = Settings(tmp_path)
    graders = Graders(settings, settings.cache())
    known = graders.get(exact)
    thread = threading.Thread(target=graders.may_run, args=({"type": "python"},))
    thread.start()
    assert probing.wait(20)
    found = []
    quick = threading.Thread(target=lambda: found.append(graders.quick(exact)), daemon=True)
    quick.start()
    quick.join(5)
    held_up = quick.is_alive()
    probed.set()
    thread.join(20)
    assert not held_up
    assert found == [known]
