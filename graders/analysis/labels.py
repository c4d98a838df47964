"""People's labels: which of them say that a row is right."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from graders.errors import DataError
from graders.results import group_text
from graders.results.where import ORDER

_WORDS = {"true": True, "yes": True, "pass": True, "1": True}
_WORDS |= {"false": False, "no": False, "fail": False, "0": False}
_COMPARISON = re.compile(r"\s*(?P<sign><=|>=|<|>)\s*(?P<number>\S+)\s*")
_SHOWN = 8


def is_label(value: Any) -> bool:
    """Tell whether a value is a label at all: null and the empty cell of a CSV file are none."""
    return value is not None and value != ""


def positives(labels: Sequence[Any], positive: Sequence[str], path: str) -> list[bool]:
    """Say of labels (n,) which are positive: those that `positive` names, by value or as `>=4`.

    Without `positive`, true, 1, yes and pass are, in any case of letters, where all others are their
    opposites.

    Raises:
        DataError: labels are neither, or none of them is named.
    """
    if not positive:
        known = [_WORDS.get(_name(label).lower()) for label in labels]
        if None in known:
            texts = sorted(set(map(_name, labels)), key=lambda text: (number_of(text) or 0.0, text))
            shown = ", ".join(map(repr, texts[:_SHOWN])) + (" and more" if len(texts) > _SHOWN else "")
            raise DataError(
                f"{path} holds {shown}; --positive VALUE says which labels are right, also as '>=4'"
            )
        return [value is True for value in known]
    tests = [_test(text) for text in positive]
    found = [any(test(label) for test in tests) for label in labels]
    if not any(found):
        raise DataError(f"no label at {path} is {' or '.join(map(repr, positive))}")
    return found


def numbers(labels: Sequence[Any], positive: Sequence[bool]) -> list[float]:
    """Give labels (n,) as numbers to rank them by; 0 and 1 where they are not all numbers."""
    found = [number_of(label) for label in labels]
    known = [number for number in found if number is not None]
    return known if len(known) == len(found) else list(map(float, positive))


def number_of(label: Any) -> float | None:
    """Read a label as a number; None where it is none."""
    try:
        number = math.nan if isinstance(label, list | dict) else float(label)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _name(label: Any) -> str:
    """Give the text that a label is named by; 1.0 is named 1, because tables make floats of integers."""
    whole = isinstance(label, float) and label.is_integer()
    return str(int(label)) if whole else group_text(label)


def _test(text: str) -> Callable[[Any], bool]:
    found = _COMPARISON.fullmatch(text)
    bound = None if found is None else number_of(found["number"])
    if found is None or bound is None:
        return lambda label: _name(label) == text
    compared, least = ORDER[found["sign"]], bound

    def holds(label: Any) -> bool:
        number = number_of(label)
        return number is not None and compared(number, least)

    return holds
