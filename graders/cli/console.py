"""What reaches the terminal: results on stdout, everything else on stderr, text of rows made harmless."""

import io
import json
import sys
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_UNSAFE_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")
_MOST = 50

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def out() -> "Console":
    """Make the console for results."""
    from rich.console import Console  # half of what `graders --help` would cost

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False)


def err() -> "Console":
    """Make the console for progress and messages."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def say(kind: str, message: str) -> None:
    """Print one message on stderr, `kind: message`."""
    print(f"{kind}: {harmless(message, limit=2000)}", file=sys.stderr)


def say_each(kind: str, messages: Iterable[object]) -> None:
    """Print messages on stderr, each once, and the first of very many."""
    distinct = list(dict.fromkeys(map(str, messages)))
    for message in distinct[:_MOST]:
        say(kind, message)
    if len(distinct) > _MOST:
        say(kind, f"and {len(distinct) - _MOST:,} more")


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Print one JSON value on stdout."""
    text = json.dumps(value, indent=indent, ensure_ascii=not prints_unicode())
    print(
        "".join(json.dumps(letter)[1:-1] if _steers(letter) and letter != "\n" else letter for letter in text)
    )


def prints_unicode() -> bool:
    """Say whether every letter can be printed on stdout."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


def never_fail() -> None:
    """Make stdout escape what its encoding has no letters for, such as a file name that is no UTF-8."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def harmless(text: str, *, limit: int = 200) -> str:
    """Escape what would steer a terminal or mislead a reader, and cut what is too long."""
    shown = "".join(map(_escaped, text[:limit]))
    return shown + "…" if len(text) > limit else shown


def _steers(letter: str) -> bool:
    return unicodedata.category(letter) in _UNSAFE_CATEGORIES


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii") if _steers(letter) else letter


def cell(text: str, *, limit: int = 60) -> "Text":
    """Make a table cell of a row's text."""
    from rich.text import Text

    return Text(harmless(text.replace("\n", "⏎"), limit=limit))
