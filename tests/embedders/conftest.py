"""What tests of embedders share: the endpoint over loopback, and answers of it that hold no such vectors."""

import base64
import json

import numpy as np
import pytest

from graders.endpoints.limits import Limits


def dumped(entries):
    return json.dumps({"object": "list", "data": entries}).encode()


def changed(entries, **changes):
    return dumped([{**entry, **changes} for entry in entries])


def in_base64(*numbers):
    return base64.b64encode(np.array(numbers, "<f4").tobytes()).decode()


def in_digits(entries):
    """Write vectors out, as servers do that know no other form."""
    vectors = [np.frombuffer(base64.b64decode(entry["embedding"]), "<f4").tolist() for entry in entries]
    return dumped([{**entry, "embedding": vector} for entry, vector in zip(entries, vectors, strict=True)])


USABLE = {"reversed": lambda entries: dumped(entries[::-1]), "in digits": in_digits}
UNUSABLE = {
    "short": lambda entries: dumped(entries[:-1]),
    "long": lambda entries: dumped([*entries, entries[0]]),
    "same index": lambda entries: changed(entries, index=0),
    "no index": lambda entries: dumped([{"embedding": entry["embedding"]} for entry in entries]),
    "nan": lambda entries: changed(entries, embedding=[float("nan"), 1.0]),
    "hidden nan": lambda entries: changed(entries, embedding=in_base64(np.nan, 1)),
    "too large": lambda entries: changed(entries, embedding=[1e300]),
    "very large": lambda entries: changed(entries, embedding=[10**400]),
    "words": lambda entries: changed(entries, embedding=["1.0"]),
    "no base64": lambda entries: changed(entries, embedding="¡no!"),
    "odd bytes": lambda entries: changed(entries, embedding="AAA="),
    "empty vectors": lambda entries: changed(entries, embedding=[]),
    "ragged": lambda entries: dumped([{**entries[0], "embedding": [1.0]}, *entries[1:]]),
    "a page": lambda entries: b"<html>It works!</html>",
    "nothing": lambda entries: b"null",
    "list": lambda entries: b"[]",
    "no data": lambda entries: b'{"data": null}',
}


@pytest.fixture
def api(endpoint, misbehaving, monkeypatch):
    """The endpoint, which answers with these, too, where they are named as faults."""

    def told(body):
        def answer(at, received):
            entries = json.loads(misbehaving.envelope(at, received, None))["data"]
            return misbehaving.Answer(200, body(entries))

        return answer

    for name, body in {**USABLE, **UNUSABLE}.items():
        monkeypatch.setitem(misbehaving.FAULTS, name, told(body))
    return endpoint


@pytest.fixture
def texts(api):
    """What was sent, as a function."""
    return lambda: [text for body in api.bodies for text in body["input"]]


@pytest.fixture
def vector(misbehaving):
    return misbehaving.vector_of


@pytest.fixture
def quick():
    return Limits(retries=2, seconds=5.0)


@pytest.fixture
def unusable():
    return sorted(UNUSABLE)
