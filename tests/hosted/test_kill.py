"""A pull that is killed at any instant goes on without a lost or doubled object."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

KEY = "sk-canary-0123456789"
KILLS = 20
WARM = (
    "import sys, graders.cli.pull, openai; from graders.cli import main\n"
    "openai.OpenAI; sys.stdin.readline(); main()"
)
# `graders pull`, but imported already when it is told to begin: the next one warms up while one works.


def prepare(api: Any, out: Path) -> subprocess.Popen[bytes]:
    words = ["pull", "--base-url", api.url, "--api-key-env", "CANARY", "--attempts", "30", "-o", str(out)]
    return subprocess.Popen(
        [sys.executable, "-c", WARM, *words],
        env={**os.environ, "CANARY": KEY},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def begin(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


def finish(process: subprocess.Popen[bytes]) -> bytes:
    return process.communicate(timeout=60)[0]


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.long
def test_killed_twenty_times_a_pull_ends_with_what_an_undisturbed_one_gives(
    hosted: Any, published: ModuleType, tmp_path: Path
) -> None:
    published.fill(hosted, runs=25, items=210)
    undisturbed = prepare(hosted, tmp_path / "undisturbed")
    coming = prepare(hosted, tmp_path / "out")
    begin(undisturbed)
    printed = [finish(undisturbed)]
    assert undisturbed.returncode == 0, printed
    hosted.fault_rate, hosted.fault_kinds, hosted.latency = 0.05, ("429-seconds", "cut", "html"), 0.004
    random = Random(11)
    sizes = []
    for _ in range(KILLS):
        process, coming = coming, prepare(hosted, tmp_path / "out")
        before = len(hosted.requests)
        begin(process)
        hosted.wait_for(before + random.randrange(1, 24))
        try:
            process.wait(random.random() * 0.02)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        printed.append(finish(process))
        assert process.returncode == -signal.SIGKILL
        sizes.append(sum(map(len, contents(tmp_path / "out").values())))
    begin(coming)
    printed.append(finish(coming))
    assert coming.returncode == 0, printed[-1]
    assert len(set(sizes)) > KILLS / 2  # they were killed at different instants of the work
    assert contents(tmp_path / "out") == contents(tmp_path / "undisturbed")
    assert KEY.encode() not in b"".join([*printed, *contents(tmp_path).values()])
