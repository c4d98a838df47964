"""What a grader reads from the rows of a job: whether it is there, of which type, and fit to compare with."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graders.batch import Batch, Path
from graders.compile import Findings
from graders.config.graders import TYPES
from graders.errors import Failure
from graders.fine_tuning.findings import Collected, Place
from graders.fine_tuning.kinds import Severity
from graders.render import TemplateString, parse_template

if TYPE_CHECKING:
    from graders.fine_tuning.files import FileRow

_TOKENS = {"bleu": 5, "meteor": 5, "rouge_2": 5, "rouge_3": 5, "rouge_4": 5, "rouge_5": 5}
"""Metrics, and the least tokens of a reference with which they mean something."""
_ASCII = re.compile(r"[a-z0-9]+")
_READ_BY_SOURCE = re.compile(r"""\bitem\s*\[\s*(["'])([A-Za-z_]\w*)\1\s*\]""")


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
    """The variables of a grader, checked against rows; `coverage` says what was found."""

    paths: Mapping[str, Path]
    read_by_source: frozenset[str]
    references: Sequence[_Reference]
    coverage: dict[str, Coverage] = field(default_factory=dict)

    @classmethod
    def of(cls, findings: Findings) -> "Variables":
        """Take the variables from a checked grader, its sub-graders included."""
        templates = [template for _, part in findings.parts for template in templates_of(part)]
        paths = {path.text: path for template in templates for path in template.paths if path.head == "item"}
        sources = {
            name
            for _, part in findings.parts
            if isinstance(part.get("source"), str)
            for _, name in _READ_BY_SOURCE.findall(part["source"])
        }
        names = {f"item.{name}": Path.parse(f"item.{name}") for name in sorted(sources)}
        only = frozenset(names) - set(paths)
        return cls({**names, **paths}, only, list(_references(findings)))

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
                severity: Severity | None = "warning" if text in self.read_by_source else None
                found.add("variable_missing", Place(place, f"{text} was not found", name, row.line), severity)
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
                found.say("variable_types", f"{text} is of several types: {counted}")


def templates_of(part: Mapping[str, Any]) -> Iterator[TemplateString]:
    """Give the template strings of a grader, without those of its sub-graders."""
    config = TYPES.get(str(part.get("type")))
    for _, text in config.template_strings(part) if config else ():
        yield parse_template(text)


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
        kind = "reference_empty"
        return kind, "the reference is empty"
    if metric.startswith("rouge_") and not _ASCII.search(text.lower()):
        return "reference_unseen", f"{metric} sees letters a to z and digits only, and the reference has none"
    tokens = len(_ASCII.findall(text.lower()) if metric.startswith("rouge_") else text.split())
    if tokens < _TOKENS.get(metric, 0):
        return "reference_short", f"the reference has {tokens} tokens; {metric} needs 5 to mean something"
    return None


def _kind(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    kinds = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return kinds.get(type(value), type(value).__name__)
