"""Markdown in which texts of rows are texts only.

Design: a text of a row stands in a code span where nothing in it could end one, else in a `code` element with
every sign written as a character reference. Markdown and HTML mean nothing in either, and where the text is
shown nobody is mentioned and nothing becomes a link.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from graders.report.text import plain

_PLAIN = re.compile(r"[^`|\\&<>\s]+(?: [^`|\\&<>\s]+)*")
LONGEST, MOST = 120, 20
"""Letters of a text, and rows of a table."""


def code(text: str, limit: int = LONGEST) -> str:
    """Write a text of a row so that Markdown, tables and HTML mean nothing in it."""
    shown = plain(text, limit)
    if _PLAIN.fullmatch(shown):
        return f"`{shown}`"
    return "<code>" + re.sub(r"[^A-Za-z0-9 ]", _reference, shown) + "</code>" if shown else "(empty)"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write the lines of a table, the first column to the left and the others to the right."""
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" + "--:|" * (len(columns) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def with_rest(lines: Iterable[str], total: int, what: str) -> str:
    """Join lines, and say how many more there are than a table shows."""
    more = [f"\n… and {total - MOST:,} more {what}"] if total > MOST else []
    return "\n".join([*lines, *more])


def _reference(found: re.Match[str]) -> str:
    letter = found.group()
    return f"&#{ord(letter)};" if letter.isascii() else letter
