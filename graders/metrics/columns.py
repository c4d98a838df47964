"""The two columns of text that every metric takes, and the column of scores that it gives."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray


def check_columns(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    """Refuse what is not two columns of text of one length.

    Raises `TypeError` for a column that is itself a string or holds something else than strings, `ValueError`
    for columns of different lengths.
    """
    for name, column in (("hypotheses", hypotheses), ("references", references)):
        if isinstance(column, str):
            raise TypeError(f"{name}: expected a sequence of strings; got one string")
        if set(map(type, column)) <= {str}:
            continue
        for row, text in enumerate(column):
            if not isinstance(text, str):
                raise TypeError(f"{name}[{row}]: expected a string; got {type(text).__name__}")
    if len(hypotheses) != len(references):
        raise ValueError(
            f"hypotheses and references differ in length: {len(hypotheses)} and {len(references)}"
        )


def check_variant(variant: str | None, variants: Sequence[str]) -> None:
    """Refuse a variant that there is not; None is the published metric.

    Raises `ValueError` naming those that there are.
    """
    if variant is not None and variant not in variants:
        raise ValueError(f"variant: expected one of {', '.join(map(repr, variants))}; got {variant!r}")


def row_scores(
    score: Callable[[str, str], float], hypotheses: Sequence[str], references: Sequence[str]
) -> NDArray[np.float64]:
    """Return `score(hypothesis, reference)` for every row, float64 `(n,)`.

    Raises `TypeError` and `ValueError` as `check_columns` does.
    """
    check_columns(hypotheses, references)
    scores = map(score, hypotheses, references)
    return np.fromiter(scores, dtype=np.float64, count=len(hypotheses))
