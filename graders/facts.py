"""What an object says of itself: a heading and facts, as lines in a terminal and as a table in a notebook.

Design: names and texts of documents and rows stand in them, so both forms escape what would steer whoever
reads them.
"""

import html
from collections.abc import Iterable

Fact = tuple[str, str]
"""What is told, and what it is."""

_LONGEST = 500
"""Most letters of one fact that are shown."""


def as_lines(heading: str, facts: Iterable[Fact]) -> str:
    """Give a heading and, below it, a line for each fact."""
    lines = (f"  {_printable(f'{name}: {value}')}" for name, value in facts)
    return "\n".join([_printable(heading), *lines])


def as_table(facts: Iterable[Fact]) -> str:
    """Give an HTML table with a row for each fact."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{_escaped(name)}</th><td>{_escaped(value)}</td></tr>"
        for name, value in facts
    )
    return f"<table>{rows}</table>"


def number(value: float | None) -> str:
    """Give a reward, or `none`."""
    return "none" if value is None else f"{value:.4f}"


def _printable(text: str) -> str:
    """Escape what would steer a terminal, and cut what is long."""
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return shown if shown.isprintable() else repr(shown)[1:-1]


def _escaped(text: str) -> str:
    """Escape what would steer a reader or mean something in HTML."""
    return html.escape(_printable(text))
