"""The official clients against a server process: pip's, the newest and an older one, and npm's."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

LIFE = Path(__file__).parent / "client_life.py"
NODE_LIFE = Path(__file__).parent / "node_life.mjs"
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
def locked(tmp_path, serving):
    """A server with a key."""
    with serving(tmp_path / "store", "--workers", "2", GRADERS_API_KEY=KEY) as server:
        yield server


@pytest.mark.long
def test_the_newest_client_finds_everything_as_it_should_be(locked):
    assert "everything was answered as it should be" in lived(sys.executable, locked)
    assert locked.said == []


@pytest.mark.outside
def test_an_older_client_finds_everything_as_it_should_be(locked):
    said = lived(os.environ["GRADERS_OLDER_CLIENT"], locked)
    assert re.match(r"openai 3\.3\.\d+: everything was answered as it should be", said)
    assert locked.said == []


@pytest.fixture
def told(locked):
    """What npm's client says of its life."""
    environment = {**os.environ, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        ["node", str(NODE_LIFE), locked.url, KEY],
        capture_output=True, text=True, env=environment, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert locked.said == []
    return json.loads(done.stdout)


def refused(kind, status, code=None, param=None):
    """Give what npm's client says of an error."""
    known = {"kind": kind, "status": status, "code": code, "param": param}
    return {**known, "type": "invalid_request_error", "identified": True}


GONE = refused("NotFoundError", 404)
STRANGER = refused("AuthenticationError", 401, "invalid_api_key")


@pytest.mark.outside
@pytest.mark.skipif("GRADERS_NODE_MODULES" not in os.environ, reason="tools/node.sh names no client of npm's")
def test_the_client_of_npm_finds_everything_as_it_should_be(told):
    assert told["version"].startswith("7.")
    graded = told["graders"]
    assert graded["rewards"] == [1, 0.4]
    assert graded["sub_rewards"] == {"a": 0, "b": 0.8}
    assert graded["flags"] == ["invalid_variable_error"]
    assert (graded["validated"]["name"], graded["validated"]["pass_threshold"]) == ("near it", 0.5)
    assert graded["invalid"] == refused("BadRequestError", 400, "invalid_value", "grader.operation")
    files, lived = told["files"], told["evals"]
    assert files["kept"] is True
    assert files["found"] == files["file"]
    assert files["listed"] == [files["file"]["id"]]
    assert lived["same"] is True
    assert lived["threshold"] == 0.5
    assert lived["renamed"] == ["renamed", {"a": "b"}]
    assert lived["listed"] == lived["ids"][::-1]
    assert lived["unknown"] == refused("BadRequestError", 400, "unknown_parameter", "colour")
    assert lived["deleted"] == [True] * 3
    assert lived["gone"] == GONE
    check_runs_of_npms_client(lived["runs"])
    assert told["errors"] == {
        "file_deleted": True,
        "file_gone": GONE,
        "stranger": STRANGER,
        "limit": refused("BadRequestError", 400, "integer_above_max_value", "limit"),
        "unreachable": "APIConnectionError",
    }
    assert told["azure"] == {"reward": 1, "deleted": True, "stranger": STRANGER}


def check_runs_of_npms_client(runs):
    assert runs["statuses"] == ["completed"] * 2
    assert runs["counts"] == [{"total": 7, "errored": 0, "failed": 5, "passed": 2}] * 2
    assert runs["listed"] == runs["ids"]
    assert runs["first_page"] == [3, True]
    assert runs["rows"] == list(range(7))
    assert runs["scores"] == [[1, 1]] * 2 + [[0, 0]] * 5
    assert runs["passed"] == [0, 1]
    assert runs["one"] == {"same": True, "status": "pass"}
    assert runs["cancelled_when_over"] == "completed"
    assert runs["cancelled_nowhere"] == runs["gone"] == GONE
    assert runs["invalid"] == refused("BadRequestError", 400, "invalid_data", "data_source.source.content[0]")
    assert runs["deleted"]["deleted"] is True
