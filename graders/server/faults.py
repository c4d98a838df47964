"""What is written down of a fault: where it happened; not its message, which may hold text of a row."""

import sys
import traceback

from graders.store.engines import first_line


def say(text: str) -> None:
    """Tell the operator something."""
    print(f"note: {text}", file=sys.stderr, flush=True)


def say_unusable(error: Exception) -> None:
    """Tell the operator that the store cannot be used now: it is locked, or its disk is full; both pass."""
    say(f"the store cannot be used now: {first_line(error)}")


def note(error: BaseException) -> None:
    """Write a fault to stderr."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    print(f"fault: {type(error).__name__} in {where}", file=sys.stderr, flush=True)
