"""Text of rows, made ready to be read: what would mislead is shown as its escape, what is long is cut.

Design: a text becomes pieces, and the template writes each piece, escaped, where it belongs. So no text of a
row is ever marked as safe HTML. Room is counted in bytes of the page and not in letters, because one letter
may become forty bytes: so a page of hostile rows is no larger than another.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_UNSAFE_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")
_MARKUP = 40
"""Bytes of the element round a piece that is no plain text."""


class Piece(NamedTuple):
    """A part of a text: `kind` is empty, `escape` or `note`; `change` is empty, `del` or `ins`."""

    text: str
    kind: str = ""
    change: str = ""


def pieces(text: str, limit: int, change: str = "") -> list[Piece]:
    """Split a text into what is shown as it is and what is shown as its escape; at most `limit` bytes.

    Where the text goes on, a last piece of kind `note` says so.
    """
    found: list[Piece] = []
    done = 0
    for run, steers in _runs(text[: max(0, limit)]):
        fitting = _fitting(run, limit, steers=steers)
        if fitting:
            shown = "".join(map(_escaped, fitting)) if steers else fitting
            found.append(Piece(shown, "escape" if steers else "", change))
        done += len(fitting)
        limit -= size(found[-1]) if fitting else 0
        if len(fitting) < len(run):
            break
    if done < len(text):
        found.append(Piece(f"… {len(text) - done:,} more characters", "note"))
    return found


def size(piece: Piece) -> int:
    """Give the bytes that a piece takes in a page."""
    room = len(html.escape(piece.text).encode())
    return room + _MARKUP if piece.kind or piece.change else room


def plain(text: str, limit: int = 200) -> str:
    """Write a text on one line, for places that take no elements; what is too long ends in `…`."""
    line = text[:limit].replace("\n", "⏎")
    shown = "".join(_escaped(letter) if steers(letter) else letter for letter in line)
    return shown if len(shown) <= limit and len(text) <= limit else shown[:limit] + "…"


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    steering = "".join(filter(steers, sorted(set(text))))
    runs = re.split(f"([{re.escape(steering)}]+)", text) if steering else [text]
    return ((run, place % 2 == 1) for place, run in enumerate(runs) if run)


def _fitting(run: str, limit: int, *, steers: bool) -> str:
    room = limit - _MARKUP if steers else limit
    for place, letter in enumerate(run):
        room -= len(_escaped(letter) if steers else html.escape(letter).encode())
        if room < 0:
            return run[:place]
    return run


def steers(letter: str) -> bool:
    """Say whether a letter is none that is read, but one that steers how others are shown."""
    return letter not in "\n\t" and unicodedata.category(letter) in _UNSAFE_CATEGORIES


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
