"""What a grader reads from the rows of a job: whether it is there, of which type, and fit to compare with."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graders.batch import MISSING, Batch, Path
from graders.compile import Findings
from graders.config.graders import TYPES
from graders.errors import Failure
from graders.fine_tuning.findings import Collected, Place
from graders.fine_tuning.kinds import Severity
from graders.fine_tuning.source_reading import reading_of
from graders.metrics.tokens import hosted_tokens
from graders.render import TemplateString, parse_template

if TYPE_CHECKING:
    from graders.fine_tuning.files import FileRow

_TOKENS = ("bleu", "meteor", "rouge_2", "rouge_3", "rouge_4", "rouge_5")
_LEAST_TOKENS = 5
"""Metrics, and the least tokens of a reference with which they mean something."""
_ASCII = re.compile(r"[a-z0-9]+")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLENTY = 10
"""Words of a text with which it has tokens enough for every metric."""


@dataclass
class Coverage:
    """How often a variable is there; `types` counts the JSON types of its values."""

    rows: int = 0
    present: int = 0
    types: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        percent = 100.0 * self.present / self.rows if self.rows else None
        return {"rows": self.rows, "present": self.present, "percent": percent, "types": dict(self.types)}


@dataclass(frozen=True)
class _Reference:
    """A reference of a grader, rendered from the item alone."""

    path: str
    template: TemplateString
    metric: str
    """Empty where it is compared without one."""


@dataclass
class Variables:
    """The variables of a grader, checked against rows; `coverage` says what was found.

    `read_by_source` are those that a source alone reads; `optional` it reads with a default. `whole` where a
    source may read the item in any way.
    """

    paths: Mapping[str, Path]
    read_by_source: frozenset[str]
    references: Sequence[_Reference]
    optional: Sequence[Path] = ()
    whole: bool = False
    coverage: dict[str, Coverage] = field(default_factory=dict)

    @classmethod
    def of(cls, findings: Findings) -> "Variables":
        """Take the variables from a checked grader, its sub-graders included."""
        templates = [template for _, part in findings.parts for template in templates_of(part)]
        paths = {path.text: path for template in templates for path in template.paths if path.head == "item"}
        readings = [
            reading_of(part["source"], "item")
            for _, part in findings.parts
            if part.get("type") == "python" and isinstance(part.get("source"), str)
        ]
        read: dict[str, bool] = {}
        for key, raises in ((keys[0], raises) for each in readings for keys, raises in each.keys.items()):
            read[key] = read.get(key, False) or raises
        named = {f"item.{key}": raises for key, raises in sorted(read.items()) if _KEY.fullmatch(key)}
        sources = {text: Path.parse(text) for text, raises in named.items() if raises}
        return cls(
            {**sources, **paths},
            frozenset(sources) - set(paths),
            list(_references(findings)),
            [Path.parse(text) for text, raises in named.items() if not raises],
            any(each.whole for each in readings) or len(named) < len(read),
        )

    def read_of(self, row: Mapping[str, Any]) -> object:
        """Give all that the grader reads of a row; the row, where nobody can tell."""
        if self.whole:
            return row
        values = [path.resolve({"item": row}) for path in (*self.paths.values(), *self.optional)]
        return [None if value is MISSING else value for value in values]

    def check(self, rows: "Sequence[FileRow]", name: str, found: Collected) -> None:
        """Look at some rows of a file."""
        batch = Batch([row.value for row in rows], [None] * len(rows))
        for text, path in self.paths.items():
            self._check_column(text, batch.column(path), rows, name, found)
        for reference in self.references:
            texts, failures = reference.template.render(batch)
            for index, row in enumerate(rows):
                said = None if index in failures else _about_reference(reference, texts[index])
                if said is not None:
                    found.add(said[0], Place(f"{reference.path}.reference", said[1], name, row.line))

    def _check_column(
        self, text: str, column: Sequence[Any], rows: "Sequence[FileRow]", name: str, found: Collected
    ) -> None:
        coverage = self.coverage.setdefault(text, Coverage())
        coverage.rows += len(rows)
        place = f"$.{text.removeprefix('item.')}" if text != "item" else "$"
        for row, value in zip(rows, column, strict=True):
            if isinstance(value, Failure):
                kind = "source_variable_missing" if text in self.read_by_source else "variable_missing"
                found.add(kind, Place(place, f"{text} was not found", name, row.line))
                continue
            coverage.present += 1
            coverage.types[_kind(value)] += 1
            if value is None and text not in self.read_by_source:
                found.add("variable_null", Place(place, f"{text} is null", name, row.line))

    def add_findings(self, found: Collected) -> None:
        """Say where a variable is of several types."""
        for text, coverage in self.coverage.items():
            kinds = {kind: count for kind, count in coverage.types.items() if kind != "null"}
            if len(kinds) > 1 and text not in self.read_by_source:
                counted = ", ".join(f"{count:,} × {kind}" for kind, count in coverage.types.most_common())
                severity: Severity | None = "note" if set(kinds) <= {"integer", "number"} else None
                found.say("variable_types", f"{text} is of several types: {counted}", severity)


def templates_of(part: Mapping[str, Any]) -> Iterator[TemplateString]:
    """Give the template strings of a grader, without those of its sub-graders."""
    return (template for _, template in placed_templates_of(part))


def placed_templates_of(part: Mapping[str, Any]) -> Iterator[tuple[str, TemplateString]]:
    """Give (path below the grader, template string) of each of them."""
    config = TYPES.get(str(part.get("type")))
    for below, text in config.template_strings(part) if config else ():
        yield below, parse_template(text)


def _references(findings: Findings) -> Iterator[_Reference]:
    for path, part in findings.parts:
        text = part.get("reference")
        if part.get("type") not in ("string_check", "text_similarity") or not isinstance(text, str):
            continue
        template = parse_template(text)
        if template.paths and all(each.head == "item" for each in template.paths):
            yield _Reference(path, template, str(part.get("evaluation_metric") or ""))


def _about_reference(reference: _Reference, text: str) -> tuple[str, str] | None:
    """Give (kind, message) of what is wrong with a reference."""
    metric = reference.metric
    if not text.strip():
        return "reference_empty", "the reference is empty"
    if metric.startswith("rouge_") and not _ASCII.search(text.lower()):
        return "reference_unseen", f"{metric} sees letters a to z and digits only, and the reference has none"
    if metric in _TOKENS and (tokens := _tokens(text, metric)) < _LEAST_TOKENS:
        said = f"the reference has {tokens} tokens; {metric} needs {_LEAST_TOKENS} to mean something"
        return "reference_short", said
    return None


def _tokens(text: str, metric: str) -> int:
    """Count tokens as the metric does, up to what is plenty."""
    words = len(text.split())
    if metric.startswith("rouge_"):
        return len(_ASCII.findall(text.lower()))
    return words if words >= _PLENTY else len(hosted_tokens(text))


def _kind(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    kinds = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return kinds.get(type(value), type(value).__name__)
