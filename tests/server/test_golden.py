"""Whole exchanges with the server, byte for byte: the bodies that the hosted API publishes.

A file of `golden/` is a list of exchanges. Where a text of the expected body begins with `~`, the rest is a
pattern; what its named groups find is put in the place of `{name}` in the requests and bodies that follow.
"""

import json
import re
import time

import pytest

from graders.strict_json import dumps

NAMES = ("graders", "evals", "files", "jobs", "errors")
UNFINISHED = ("queued", "in_progress", "validating_files")


def put(value, known):
    """Put what is known in its places."""
    if isinstance(value, dict):
        return {put(key, known): put(each, known) for key, each in value.items()}
    if isinstance(value, list):
        return [put(each, known) for each in value]
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda found: str(known.get(found[1], found[0])), value)
    return value


def filled(expected, actual, known, path="$"):
    """Give the expected body with the actual values in the place of its patterns."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {
            key: filled(value, actual.get(key), known, f"{path}.{key}") for key, value in expected.items()
        }
    if isinstance(expected, list) and isinstance(actual, list):
        assert len(expected) == len(actual), path
        return [
            filled(*pair, known, f"{path}[{at}]")
            for at, pair in enumerate(zip(expected, actual, strict=True))
        ]
    if isinstance(expected, str) and expected.startswith("~"):
        found = re.fullmatch(expected[1:], actual if isinstance(actual, str) else json.dumps(actual))
        assert found, f"{path}: {actual!r} is not of the form {expected[1:]}"
        known.update(found.groupdict())
        return actual
    return expected


def exchange(server, each, known):
    request = put(each["request"], known)
    body, form = request.get("body"), request.get("form")
    headers = {} if form is None else {"content_type": "multipart/form-data; boundary=xyz"}
    if form is not None:
        body = "\r\n".join([*form, ""]).encode()
    elif "raw" in request:
        body, headers = request["raw"].encode(), {"content_type": "application/json"}
    deadline = time.monotonic() + 30
    while True:
        answer = server.ask(request["method"], request["path"], body, **headers)
        going_on = request["method"] == "GET" and answer.body.get("status") in UNFINISHED
        if not going_on or time.monotonic() > deadline:
            return answer
        time.sleep(0.02)


@pytest.mark.parametrize("name", NAMES)
def test_the_bodies_are_those_that_are_published(server, repository, name):
    known = {"base": server.url.removesuffix("/v1")}
    for each in json.loads((repository / "tests" / "golden" / f"{name}.json").read_text("utf-8")):
        answer = exchange(server, each, known)
        assert answer.status == each["status"], answer.raw
        expected = put(filled(each["body"], answer.body, known), known)
        assert dumps(expected).decode() == answer.raw.decode(), each["what"]
