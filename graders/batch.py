"""Rows as columns: what a grader reads.

A row is an `item` (an object) and a `sample` (the model's output: a string, or an object with the sample
keys). `Batch.column(path)` gives one value a row. A value that cannot be had stands in the column as a
`Failure`, so that one missing key costs one row and nothing else.

Design: `build_sample` is the definition of the sample object. The columns that nearly every grader reads
(`sample.output_text`, `item.<key>`) are taken without building it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Self

from graders.errors import Failure
from graders.strict_json import loads

_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_SEGMENT = re.compile(
    rf"""\.(?P<name>{_NAME})
       | \.(?P<digits>[0-9]{{1,18}})
       | \[(?P<index>[0-9]{{1,18}})\]
       | \[(?P<quoted>"(?:[^"\\]|\\["'\\])*"|'(?:[^'\\]|\\["'\\])*')\]""",
    re.VERBOSE,
)
_FIRST = re.compile(_NAME)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

SAMPLE_KEYS = (
    "model",
    "choices",
    "output_text",
    "output_json",
    "output_tools",
    "output_reasoning_summary",
    "output_audio",
    "input_tools",
)
"""The keys of the sample namespace."""


class DottedDigits(str):
    """A segment written `.0`: an index into a list, a key of an object."""

    __slots__ = ()


Segment = str | int


@dataclass(frozen=True)
class Path:
    """Where a value stands in a row: `item.facts[0].name`, `sample.output_json["a key"]`.

    `head` is the first name. Later segments are a `str` (key), an `int` (index) or `DottedDigits`.
    """

    text: str
    head: str
    segments: tuple[Segment, ...] = ()

    @classmethod
    def match(cls, text: str, start: int = 0) -> tuple[Self, int] | None:
        """Read the longest path that begins at `start`; give it and where it ends, or None."""
        first = _FIRST.match(text, start)
        if first is None:
            return None
        segments: list[Segment] = []
        end = first.end()
        while found := _SEGMENT.match(text, end):
            segments.append(_segment(found))
            end = found.end()
        return cls(text[start:end], first.group(), tuple(segments)), end

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a path that fills the whole text.

        Raises:
            ValueError: the text is no path.
        """
        found = cls.match(text)
        if found is None or found[1] != len(text):
            raise ValueError(f"not a path: {text!r} (a path looks like item.facts[0].name)")
        return found[0]

    def resolve(self, root: object) -> Any:
        """Look the whole path up in `root`, its head as a key; `MISSING` where it leads nowhere."""
        return _walk(_step(root, self.head), self.segments)


def _segment(found: re.Match[str]) -> Segment:
    if found["name"] is not None:
        return found["name"]
    if found["digits"] is not None:
        return DottedDigits(found["digits"])
    if found["index"] is not None:
        return int(found["index"])
    return _ESCAPE.sub(r"\1", found["quoted"][1:-1])


class _Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


def _walk(value: object, segments: Sequence[Segment]) -> Any:
    for segment in segments:
        value = _step(value, segment)
        if value is MISSING:
            break
    return value


def _plain_values(roots: Sequence[Any], segments: Sequence[Segment]) -> list[Any] | None:
    """Look keys up in all roots at once; None where a root needs more than keys, or lacks one."""
    values = roots
    try:
        for segment in segments:
            if isinstance(segment, int) or not set(map(type, values)) <= {dict}:
                return None
            values = list(map(itemgetter(segment), values))
    except KeyError:
        return None
    return list(values)


def _step(value: object, segment: Segment) -> Any:
    """Go one segment down. A string that holds a JSON object or array is entered as what it holds."""
    if isinstance(value, str):
        value = _parse_container(value)
    if isinstance(value, dict):
        return value.get(segment, MISSING) if isinstance(segment, str) else MISSING
    if isinstance(value, list | tuple) and isinstance(segment, int | DottedDigits):
        index = int(segment)
        return value[index] if index < len(value) else MISSING
    return MISSING


def _parse_container(text: str) -> Any:
    """Parse a JSON object or array; None for every other text, JSON scalars included."""
    if not text.lstrip(" \t\n\r").startswith(("{", "[")):
        return None
    try:
        return loads(text)
    except ValueError:
        return None


def build_sample(raw: str | Mapping[str, Any] | None) -> dict[str, Any]:
    """Make the sample object that graders see from what a row holds.

    A string becomes what the hosted `/graders/run` makes of `model_sample`. An object keeps what it has:
    only absent keys are filled, from `choices[0].message`, or from `output_text` where there are no
    choices. No sample gives `{}`.
    """
    if raw is None:
        return {}
    if isinstance(raw, str):
        return _filled({}, raw, [])
    message = _message(raw.get("choices"))
    if message is not None:
        text = raw.get("output_text", _content_text(message.get("content")))
        return _filled(raw, text, message.get("tool_calls") or [])
    if isinstance(raw.get("output_text"), str):
        return _filled(raw, raw["output_text"], [])
    return dict(raw)


def ending_of(raw: str | Mapping[str, Any] | None) -> object:
    """Give why a sample ends, the `finish_reason` of its first choice; None where it does not say."""
    choices = raw.get("choices") if isinstance(raw, Mapping) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first.get("finish_reason") if isinstance(first, Mapping) else None


def _filled(sample: Mapping[str, Any], text: object, tools: object) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "tool_calls": tools}
    derived = {
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "output_text": text,
        "output_json": _parse_container(text) if isinstance(text, str) else None,
        "output_tools": tools,
        "output_reasoning_summary": None,
    }
    own = dict(sample)
    if own.get("choices", MISSING) is None:
        del own["choices"]
    return derived | own


def _message(choices: object) -> dict[str, Any] | None:
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        message = choices[0].get("message")
        return message if isinstance(message, dict) else None
    return None


def _content_text(content: object) -> str:
    """Give a message's text: its string, the text blocks of an array joined, or empty for null."""
    if isinstance(content, list):
        return "".join(
            block["text"]
            for block in content
            if isinstance(block, dict) and isinstance(block.get("text"), str)
        )
    return content if isinstance(content, str) else ""


_NOT_JSON = Failure("sample_not_json", "sample.output_json is not available: model sample is not valid JSON.")

Item = Mapping[str, Any]
Sample = str | Mapping[str, Any] | None


@dataclass
class Batch:
    """`n` rows as columns.

    `items` and `samples` are parallel lists. A row that could not be read has None in both and its reason
    in `failures`; every column holds that reason at its place. Reading never changes what is read. `numbers`
    are the rows' numbers in their data; 0 to n-1 where nobody says so.
    """

    items: Sequence[Item | None]
    samples: Sequence[Sample]
    failures: Mapping[int, Failure] = field(default_factory=dict)
    numbers: Sequence[int] | None = None

    def __post_init__(self) -> None:
        if len(self.items) != len(self.samples):
            raise ValueError(f"items and samples differ in length: {len(self.items)} and {len(self.samples)}")
        self.memo: dict[Any, Any] = {}
        """What graders computed of these rows and others can use; it lives as long as the batch."""
        self._columns: dict[str, list[Any]] = {}
        self._built: list[dict[str, Any]] | None = None

    def __len__(self) -> int:
        return len(self.items)

    def number(self, row: int) -> int:
        """Give the number of a row in its data."""
        return row if self.numbers is None else self.numbers[row]

    def column(self, path: Path) -> list[Any]:
        """Give the value at `path` for each row, or a `Failure` where there is none.

        Raises:
            ValueError: the path begins with neither item nor sample.
        """
        known = self._columns.get(path.text)
        if known is None:
            known = self._columns[path.text] = self._read(path)
        return known

    def whole(self, namespace: str) -> Sequence[Any]:
        """Give the whole `item` or `sample` object of each row.

        Raises:
            ValueError: it is neither.
        """
        if namespace == "item":
            return self.items
        if namespace != "sample":
            raise ValueError(f"expected item or sample; got {namespace!r}")
        if self._built is None:
            self._built = [build_sample(sample) for sample in self.samples]
        return self._built

    def _read(self, path: Path) -> list[Any]:
        values = self._output_texts(path)
        if values is None:
            values = self._look_up(path)
        for row, failure in self.failures.items():
            values[row] = failure
        return values

    def _output_texts(self, path: Path) -> list[Any] | None:
        """Answer `sample.output_text` without building samples, where every sample is a string."""
        plain = path.head == "sample" and path.segments == ("output_text",)
        return list(self.samples) if plain and set(map(type, self.samples)) == {str} else None

    def _look_up(self, path: Path) -> list[Any]:
        roots = self.whole(path.head)
        missing = Failure("missing_variable", f"Variable {path.text!r} was not found.")
        if not path.segments:
            return [
                missing if root is None or (root == {} and path.head == "sample") else root for root in roots
            ]
        values = _plain_values(roots, path.segments)
        if values is None:
            found = [_walk(root, path.segments) for root in roots]
            values = [missing if value is MISSING else value for value in found]
        if path.head == "sample" and path.segments[0] == "output_json":
            return [
                _NOT_JSON if root.get("output_json", MISSING) is None else value
                for root, value in zip(roots, values, strict=True)
            ]
        return values
