"""What reaches the terminal: results on stdout, everything else on stderr, text of rows made harmless."""

import json
import sys
import unicodedata
from typing import Any

from rich.console import Console
from rich.text import Text

_UNSAFE_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")


def out() -> Console:
    """Make the console for results."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False)


def err() -> Console:
    """Make the console for progress and messages."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def say(kind: str, message: str) -> None:
    """Print one message on stderr, `kind: message`."""
    print(f"{kind}: {harmless(message, limit=2000)}", file=sys.stderr)


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Print one JSON value on stdout."""
    print(json.dumps(value, indent=indent, ensure_ascii=not _prints_unicode()))


def _prints_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def harmless(text: str, *, limit: int = 200) -> str:
    """Escape what would steer a terminal or mislead a reader, and cut what is too long."""
    shown = "".join(map(_escaped, text[:limit]))
    return shown + "…" if len(text) > limit else shown


def _escaped(letter: str) -> str:
    if letter == "\n" or unicodedata.category(letter) not in _UNSAFE_CATEGORIES:
        return letter
    return letter.encode("unicode_escape").decode("ascii")


def cell(text: str, *, limit: int = 60) -> Text:
    """Make a table cell of a row's text."""
    return Text(harmless(text.replace("\n", "⏎"), limit=limit))
