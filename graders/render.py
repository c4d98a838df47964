"""Template strings: text with `{{ item.x }}` and `{{ sample.y }}`, parsed once, rendered by column.

Design: the language is placeholders and nothing else, so it has its own parser; no text of a user is ever
given to a template engine. One pass from left to right: what a placeholder puts in is never read again, so
data that holds braces cannot change a template.

In a run of braces the placeholder begins at the last two. What stands between braces and is no path stays
as it is written; where it looks as though a path was meant, the template string carries a warning.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import repeat
from typing import Any, NamedTuple

from graders.batch import SAMPLE_KEYS, Batch, Path
from graders.errors import Failure

NAMESPACES = ("item", "sample")

_OPEN = re.compile(r"\{\{(?!\{)[ \t\r\n\f\v]*")
_CLOSE = re.compile(r"[ \t\r\n\f\v]*\}\}")
_NEAR_MISS = re.compile(r"\{\{?\s*((?:item|sample)\b[^{}\n]{0,80})\}?\}?")


class Rendered(NamedTuple):
    """One text a row; a row that could not be rendered has an empty text and its reason in `failures`."""

    texts: list[str]
    failures: dict[int, Failure]


@dataclass(frozen=True)
class TemplateString:
    """A parsed template string.

    `pieces` are literal texts and paths in turn. `problems` make it unusable (a path that begins with
    neither `item` nor `sample`); `warnings` name what probably was meant as a placeholder and is not one.
    """

    text: str
    pieces: tuple[str | Path, ...]
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths of its placeholders, in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Path))

    def render(self, batch: Batch) -> Rendered:
        """Render one text for each row of the batch."""
        values = [batch.column(path) for path in self.paths]
        if len(self.pieces) > 1:
            with suppress(TypeError):  # some value is no text
                return Rendered(_interleave(self.pieces, values), {})
        columns = [_texts(column) for column in values]
        failures: dict[int, Failure] = dict(batch.failures)
        for column in columns:
            for row, failure in column.failures.items():
                failures.setdefault(row, failure)
        return Rendered(self._join([column.texts for column in columns], len(batch), failures), failures)

    def _join(self, columns: Sequence[list[str]], n: int, failures: dict[int, Failure]) -> list[str]:
        if not columns:
            texts = ["".join(map(str, self.pieces))] * n
        elif len(self.pieces) == 1:
            texts = columns[0]
        else:
            texts = _interleave(self.pieces, columns)
        if failures:
            texts = list(texts)
            for row in failures:
                texts[row] = ""
        return texts


def _interleave(pieces: Sequence[str | Path], columns: Sequence[list[str]]) -> list[str]:
    """Put literals and columns together, of which one must be a column.

    Raises:
        TypeError: some value is no text.
    """
    texts = iter(columns)
    parts = [next(texts) if isinstance(piece, Path) else repeat(piece) for piece in pieces]
    return list(map("".join, zip(*parts, strict=False)))


def _texts(values: list[Any]) -> Rendered:
    """Turn a column of values into a column of texts."""
    if set(map(type, values)) <= {str}:
        return Rendered(values, {})
    texts: list[str] = []
    failures: dict[int, Failure] = {}
    for row, value in enumerate(values):
        text = value if isinstance(value, str | Failure) else _json_text(value)
        if isinstance(text, Failure):
            failures[row] = text
            text = ""
        texts.append(text)
    return Rendered(texts, failures)


def _json_text(value: object) -> str | Failure:
    """Render a value that is no string: its JSON text, keys in their order, nothing escaped to ASCII."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return Failure("not_renderable", f"The value cannot be written as JSON: {reason}.")


def parse_template(text: str) -> TemplateString:
    """Parse a template string. Never raises: what is wrong with it stands in `problems`."""
    pieces: list[str | Path] = []
    problems: list[str] = []
    literal_from = position = 0
    while opened := _OPEN.search(text, position):
        found = _placeholder(text, opened.end())
        if found is None:
            position = opened.start() + 2
            continue
        path, end = found
        pieces.append(text[literal_from : opened.start()])
        pieces.append(path)
        if path.head not in NAMESPACES:
            problems.append(_unknown_namespace(path))
        literal_from = position = end
    pieces.append(text[literal_from:])
    kept = tuple(piece for piece in pieces if piece != "")
    return TemplateString(text, kept, tuple(problems), tuple(_warnings(kept)))


def _placeholder(text: str, start: int) -> tuple[Path, int] | None:
    found = Path.match(text, start)
    if found is None:
        return None
    path, end = found
    closed = _CLOSE.match(text, end)
    return (path, closed.end()) if closed else None


def _unknown_namespace(path: Path) -> str:
    return f"expected a path that begins with item or sample; got {path.text!r}"


def _warnings(pieces: Sequence[str | Path]) -> list[str]:
    warnings = []
    for piece in pieces:
        if isinstance(piece, Path):
            warnings += _sample_key_warning(piece)
        else:
            warnings += [
                f"{found.group().strip()!r} is not a placeholder and stays as it is written"
                for found in _NEAR_MISS.finditer(piece)
            ]
    return warnings


def _sample_key_warning(path: Path) -> list[str]:
    if path.head != "sample" or not path.segments or path.segments[0] in SAMPLE_KEYS:
        return []
    return [f"the sample has no key {path.segments[0]!r}; its keys are {', '.join(SAMPLE_KEYS)}"]
