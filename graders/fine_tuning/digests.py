"""Digests of JSON values, by which rows are found to be equal."""

import hashlib
import json
from collections.abc import Mapping

import orjson


def digest_of(value: object) -> bytes:
    """Digest a JSON value, whatever the order of its keys."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # beyond 64 bits, a lone surrogate, or nested deeply
        text = _spelled(value).encode()
    return hashlib.blake2b(text, digest_size=16).digest()


def _spelled(value: object) -> str:
    """Spell a value out without recursion: each object and array says first how much is in it."""
    words: list[str] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            words.append(f"{{{len(each)}")
            for key in sorted(each, reverse=True):
                waiting += (each[key], key)
        elif isinstance(each, list):
            words.append(f"[{len(each)}")
            waiting += reversed(each)
        else:
            words.append(json.dumps(each))
    return " ".join(words)
