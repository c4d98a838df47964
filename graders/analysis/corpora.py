"""Pairs of texts to measure metrics with: one line of ASCII each, and the GSM8K rows."""

import random
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate, chain, islice

from graders.dataset import open_dataset
from graders.engine import located


@dataclass(frozen=True)
class Corpus:
    """Two columns of text under a name."""

    name: str
    hypotheses: list[str]
    references: list[str]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Each hypothesis with its reference."""
        return list(zip(self.hypotheses, self.references, strict=True))


def one_line(pairs: int) -> Corpus:
    """Make references of 5 to 200 words and corrupt them; a tenth is exact, a twentieth has an empty side."""
    chance = random.Random(2006)
    words = ["".join(chance.choices("etaoinshrdlucmfwypvbgkjqxz", k=_length(chance))) for _ in range(8000)]
    weights = list(accumulate(1 / (rank + 2) for rank in range(len(words))))
    columns: tuple[list[str], list[str]] = ([], [])
    for _ in range(pairs):
        length = min(200, max(5, int(chance.lognormvariate(3.5, 0.8))))
        reference = chance.choices(words, cum_weights=weights, k=length)
        reference = [f"{word}," if chance.random() < 0.05 else word for word in reference]
        reference[0], reference[-1] = reference[0].capitalize(), f"{reference[-1]}."
        for column, text in zip(columns, _pair(chance, reference, words), strict=True):
            column.append(" ".join(text))
    return Corpus("one line", *columns)


def gsm8k(pairs: int) -> Corpus:
    """Take the first model solutions of the GSM8K template and their references."""
    with ExitStack() as stack:
        blocks = open_dataset(located("template:gsm8k", stack)).blocks()
        rows = list(islice(chain.from_iterable(block.rows for block in blocks), pairs))
    return Corpus(
        "GSM8K", [str(row.sample) for row in rows], [row.item["solution"] for row in rows if row.item]
    )


def _length(chance: random.Random) -> int:
    return max(1, int(chance.gammavariate(4, 1.2)))


def _pair(chance: random.Random, reference: list[str], words: list[str]) -> tuple[list[str], list[str]]:
    kind = chance.random()
    if kind < 0.10:
        return reference, reference
    if kind < 0.15:
        return ([], reference) if chance.random() < 0.5 else (reference, [])
    hypothesis = [
        chance.choice(words) if chance.random() < 0.1 else word for word in reference if chance.random() > 0.1
    ]
    for at in range(len(hypothesis) - 1):
        if chance.random() < 0.08:
            hypothesis[at : at + 2] = hypothesis[at + 1], hypothesis[at]
    return hypothesis, reference
