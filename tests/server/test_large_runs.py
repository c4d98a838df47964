"""Runs of many rows stream: nothing that is done with them grows with their number, but the time it takes."""

import re
import time
from pathlib import Path

import pytest

ROWS = 200_000


def memory(number):
    """Give the most bytes that a process has held in memory."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{number}/status").read_text())[1]) * 1024


def timed(ask):
    began = time.monotonic()
    ask()
    return time.monotonic() - began


@pytest.mark.soak
def test_a_large_run_streams_and_is_read_and_deleted_in_no_time(tmp_path, serving, custom, exact, runs):
    data = b"".join(b'{"item": {"answer": "%d"}, "sample": "%d"}\n' % (row, row % 7) for row in range(ROWS))
    with serving(tmp_path / "store") as server, server.client() as client:
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        file = client.files.create(file=("rows.jsonl", data), purpose="evals")
        small = runs.finished(client, client.evals.runs.create(made.id, data_source=runs.inline([])))
        before = [memory(number) for number in server.processes()]
        run = client.evals.runs.create(made.id, data_source=runs.from_file(file.id))
        over = runs.finished(client, run, 600)
        assert over.result_counts.to_dict() == {"total": ROWS, "errored": 0, "failed": ROWS - 7, "passed": 7}
        after = [memory(number) for number in server.processes()]
        assert all(now - then < 2**26 for then, now in zip(before, after, strict=True))
        items, path = client.evals.runs.output_items, {"run_id": run.id, "eval_id": made.id}
        last = items.list(**path, order="desc", limit=1).data[0]
        assert last.datasource_item_id == ROWS - 1
        assert timed(lambda: items.list(**path, after=last.id, order="desc", limit=100)) < 1
        assert [item.datasource_item_id for item in items.list(**path, status="pass")] == list(range(7))
        assert timed(lambda: client.evals.runs.delete(run.id, eval_id=made.id)) < 1
        assert timed(lambda: client.evals.delete(made.id)) < 5
        assert small.status == "completed"
