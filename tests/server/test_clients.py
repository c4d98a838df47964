"""The official client, the newest and an older one, against a server process, with strict validation."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

LIFE = Path(__file__).parent / "client_life.py"
KEY = "a key of the tests"


def lived(python, server):
    """Let a client live its whole life; give what it said at the end."""
    environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        [python, str(LIFE), server.url, KEY], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture
def locked(tmp_path, serving, database):
    """A server with a key, on every database."""
    options = () if database is None else ("--database", database)
    with serving(tmp_path / "store", *options, "--workers", "2", GRADERS_API_KEY=KEY) as server:
        yield server


def test_the_newest_client_finds_everything_as_it_should_be(locked):
    assert "everything was answered as it should be" in lived(sys.executable, locked)
    assert locked.said == []


@pytest.mark.outside
def test_an_older_client_finds_everything_as_it_should_be(locked):
    said = lived(os.environ["GRADERS_OLDER_CLIENT"], locked)
    assert re.match(r"openai 3\.3\.\d+: everything was answered as it should be", said)
    assert locked.said == []
