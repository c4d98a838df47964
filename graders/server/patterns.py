"""Regular expressions of strangers, searched for a bounded time."""

from functools import lru_cache

import regex

from graders.errors import GradersError

SECONDS = 0.25


class PatternTimeoutError(GradersError):
    """A text was searched for too long."""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> "regex.Pattern[str]":
    """Compile a pattern.

    Raises:
        ValueError: it is none.
    """
    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, MemoryError) as error:
        raise ValueError(str(error)) from None


def found(pattern: str, text: str) -> bool:
    """Say whether a pattern stands anywhere in a text.

    Raises:
        PatternTimeoutError: nobody could tell in time.
    """
    try:
        return compiled(pattern).search(text, timeout=SECONDS, concurrent=True) is not None
    except TimeoutError:
        raise PatternTimeoutError(f"the pattern {pattern[:100]!r} takes too long") from None
