"""`graders pull`: what it prints, and how it ends."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

KEY = "sk-canary-0123456789"


@pytest.fixture
def api(hosted: Any, published: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Any:
    published.fill(hosted, runs=1, items=20)
    monkeypatch.setenv("CANARY", KEY)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return hosted


@pytest.fixture
def pull(graders: Any, api: Any) -> Any:
    return lambda *words: graders("pull", "--base-url", api.url, "--api-key-env", "CANARY", *words)


def test_it_copies_counts_and_names_what_is_missing(pull: Any, published: ModuleType) -> None:
    done = pull("-o", "out")
    assert done.exit_code == 0
    assert done.stdout == "9 evals, 10 runs, 32 output items, 8 files in\nout\n"
    assert f"note: run {published.GOING_ON} is in_progress; pull again when it is over" in done.stderr
    assert "note: file file-gone: HTTP 404" in done.stderr
    assert Path("out/manifest.json").exists()


def test_json_is_one_object(pull: Any, published: ModuleType) -> None:
    done = pull("-o", "out", "--json")
    actual = json.loads(done.stdout)
    assert (actual["pulled"], actual["items"]) == ("out", 32)
    assert actual["unfinished"] == [
        {"eval": published.EVAL, "run": published.GOING_ON, "status": "in_progress"}
    ]


def test_quiet_prints_the_directory_only(pull: Any) -> None:
    done = pull("-o", "out", "--quiet")
    assert (done.stdout, done.stderr) == ("out\n", "")


def test_a_dry_run_lists_and_writes_nothing(pull: Any, published: ModuleType, folder: Path) -> None:
    before = sorted(folder.iterdir())
    done = pull("--dry-run", "-o", "out")
    assert done.stdout.splitlines()[-1] == "9 evals, 11 runs, 50 output items, 9 files would be copied"
    assert "\x1b" not in done.stdout
    assert sorted(folder.iterdir()) == before
    found = {each["id"]: each for each in json.loads(pull("--dry-run", "--json").stdout)["evals"]}
    assert found[published.EVAL]["files"] == ["file-Abc123", "file-gone"]


def test_one_eval_and_a_date_choose(pull: Any, published: ModuleType) -> None:
    done = pull("-o", "out", "--eval", published.LARGE, "--since", "2025-06-15", "--json")
    assert [json.loads(done.stdout)[name] for name in ("evals", "runs")] == [1, 1]
    done = pull("-o", "late", "--eval", published.LARGE, "--since", "2025-06-16T00:00:00+02:00", "--json")
    assert [json.loads(done.stdout)[name] for name in ("evals", "runs")] == [1, 0]


def test_a_server_that_keeps_failing_ends_with_5_and_the_same_command_goes_on(pull: Any, api: Any) -> None:
    api.faults["/evals"] = ["500"] * 2
    done = pull("-o", "out", "--attempts", "2")
    assert done.exit_code == 5
    assert done.stderr == (
        "stopped: /evals: HTTP 500: no: Bearer [key] /v1/evals?limit=100&order=asc (2 attempts); "
        "the same command goes on later\n"
    )
    assert pull("-o", "out").exit_code == 0


def test_a_refused_key_ends_with_1(pull: Any, api: Any) -> None:
    api.faults["/evals"] = ["401"]
    done = pull("-o", "out")
    assert done.exit_code == 1
    refused = "the server refuses the key: HTTP 401: no: Bearer [key] /v1/evals?limit=100&order=asc"
    assert done.stderr == f"error: /evals: {refused}\n"


def test_a_key_that_is_not_there_ends_with_1(graders: Any, api: Any) -> None:
    done = graders("pull", "--base-url", api.url, "-o", "out")
    assert (done.exit_code, len(api.requests)) == (1, 0)
    assert "'OPENAI_API_KEY' holds no key" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["-o", "x", "--since", "soon"],
        ["-o", "x", "--workers", "0"],
        ["-o", "x", "--into-store", "y", "--offline", "--eval", "z"],
    ],
)
def test_wrong_usage_ends_with_2(pull: Any, words: list[str]) -> None:
    assert pull(*words).exit_code == 2


@pytest.mark.long
def test_the_key_is_printed_and_stored_nowhere(process: Any, api: Any, folder: Path) -> None:
    words = ["pull", "--base-url", api.url, "--api-key-env", "CANARY", "--attempts", "2", "-o", "out"]
    api.faults["/evals"] = ["500", "500", "html", "cut"]
    for expected in (5, 5, 0):
        done = process(*words)
        assert done.returncode == expected
        assert KEY.encode() not in done.stdout + done.stderr
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not [data for data in files if KEY.encode() in data]


def test_without_the_official_client_it_says_what_to_install(
    pull: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    done = pull("-o", "out")
    assert done.exit_code == 1
    assert "pip install 'local-graders[models]'" in done.stderr


def test_a_base_url_that_has_no_evals_ends_with_1(pull: Any, hosted: Any) -> None:
    hosted.lists.clear()
    for words in (["-o", "out"], ["--dry-run"]):
        done = pull(*words)
        assert done.exit_code == 1
        assert f"the list of evals at {hosted.url}/: HTTP 404" in done.stderr


def _hear_interrupts() -> None:
    """A suite that runs in the background of a shell hands down that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_ctrl_c_ends_with_130_and_the_same_command_goes_on(command: list[str], pull: Any, api: Any) -> None:
    api.latency = 0.05
    words = [*command, "pull", "--base-url", api.url, "--api-key-env", "CANARY", "-o", "out"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_hear_interrupts
    )
    api.wait_for(5)
    process.send_signal(signal.SIGINT)
    message = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert message == b"interrupted: out: what is done is safe; the same command goes on\n"
    assert json.loads(pull("-o", "out", "--json").stdout)["items"] == 32
