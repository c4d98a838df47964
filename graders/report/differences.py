"""What differs between two texts, word by word."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Indel

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_SHORT, _ALIKE = 80, 0.25
"""Letters of two texts that are compared in any case, and the share that longer ones have in common."""


class Change(NamedTuple):
    """A part of two texts: only the first has it (`del`), only the second (`ins`), or both (empty)."""

    kind: str
    text: str


def differences(first: str, second: str) -> list[Change] | None:
    """Compare two texts; None where they have so little in common that no one could read the comparison.

    Source: the longest common subsequence of words, as `rapidfuzz.distance.Indel` finds it. White space that
    two changes enclose belongs to them: words that are gone stand together.
    """
    old, new = _WORDS.findall(first), _WORDS.findall(second)
    changes = list(_joined(_steps(old, new)))
    common = sum(len(change.text) for change in changes if not change.kind)
    if len(first) + len(second) > _SHORT and common < _ALIKE * max(len(first), len(second)):
        return None
    return changes


def _steps(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give, step by step, what is gone and what has come; the same text twice is common to both."""
    for step in Indel.opcodes(old, new):
        yield (
            "".join(old[step.src_start : step.src_end]),
            "".join(new[step.dest_start : step.dest_end]),
        )


def _joined(steps: Iterator[tuple[str, str]]) -> Iterator[Change]:
    gone = come = ""
    for before, after in steps:
        if before != after or (before.isspace() and (gone or come)):
            gone, come = gone + before, come + after
            continue
        yield from _changed(gone, come)
        yield Change("", before)
        gone = come = ""
    yield from _changed(gone, come)


def _changed(gone: str, come: str) -> Iterator[Change]:
    end = len(gone) - len(gone.rstrip()) if gone and come else 0
    shared = gone[len(gone) - end :] if end and come.endswith(gone[len(gone) - end :]) else ""
    gone, come = (text[: len(text) - len(shared)] for text in (gone, come))
    for kind, text in (("del", gone), ("ins", come), ("", shared)):
        if text:
            yield Change(kind, text)
