"""Tests that assert alike become a group: one grader document, and a row for each test."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graders.integrations.promptfoo.assertions import EXPECTED, Criterion, Reader, number
from graders.integrations.promptfoo.case import Case
from graders.integrations.promptfoo.cases import cases_of
from graders.integrations.promptfoo.notes import ALWAYS, DIFFERENCES, NoCounterpartError, Note
from graders.integrations.promptfoo.reading import read_config
from graders.strict_json import dumps

_HAS_THRESHOLD = ("text_similarity", "python", "score_model")
_UNREAD = ("scenarios", "derivedMetrics", "extensions", "redteam")


@dataclass(frozen=True)
class Group:
    """A grader document and its rows: `id` (the test), `item`, and `sample` where there is an output."""

    document: dict[str, Any]
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Conversion:
    """What a config became.

    `left_out` is what was not carried over; `differences` says of each kind of assertion whose numbers are
    not promptfoo's what differs, and `always` what differs in every config.
    """

    groups: list[Group]
    left_out: list[Note]
    differences: dict[str, str]
    always: tuple[str, ...] = ALWAYS


def convert(path: str | os.PathLike[str]) -> Conversion:
    """Convert a promptfoo config, YAML or JSON, to grader documents and rows.

    Raises:
        DataError: it cannot be read, or is no config.
        MissingExtraError: it is YAML, and the extra is not installed.
    """
    file = Path(path)
    config = read_config(file)
    notes = [Note(name, "is not carried over") for name in _UNREAD if config.get(name)]
    gathered: dict[bytes, _Gathered] = {}
    kinds: Counter[str] = Counter()
    for case in cases_of(config, file.parent, notes):
        if EXPECTED in case.vars:
            notes.append(Note(case.path, f"the variable {EXPECTED!r} has a name that is taken here"))
            continue
        shape = _shape(case, notes)
        if not shape.criteria:
            notes.append(Note(case.path, "asserts nothing that was carried over; it has no row"))
            continue
        kinds.update(each.kind for each in shape.criteria)
        document = shape.document(_name(config, file))
        gathered.setdefault(dumps(document), _Gathered(document)).rows.append(_row(case, shape.expected))
    groups = [each.group(place, len(gathered)) for place, each in enumerate(gathered.values(), 1)]
    differences = {kind: text for kind, text in DIFFERENCES.items() if kinds[kind]}
    return Conversion(groups, sorted(set(notes)), differences)


def _name(config: Mapping[str, Any], file: Path) -> str:
    name = config.get("description")
    return name if isinstance(name, str) and name.strip() else file.stem


def _row(case: Case, expected: Mapping[str, Any]) -> dict[str, Any]:
    item = case.vars | ({EXPECTED: dict(expected)} if expected else {})
    return {"id": case.id, "item": item} | ({} if case.output is None else {"sample": case.output})


@dataclass
class _Shape:
    """What a test asserts: single criteria, and the sets of them that have a threshold or a weight.

    `expected` is what goes into its item.
    """

    threshold: float | None
    criteria: list[Criterion]
    expected: dict[str, Any]

    def document(self, name: str) -> dict[str, Any]:
        """Make the document; where the test has no threshold, every criterion has to pass."""
        if self.threshold is not None:
            parts = {key: part for each in self.criteria for key, part in each.parts.items()}
            return _multi(name, parts, _mean(self.criteria), self.threshold)
        if len(self.criteria) == 1:
            return _grader(name, self.criteria[0])
        graders = [_grader(each.key, each) for each in self.criteria]
        return {"name": name, "testing_criteria": graders}


def _shape(case: Case, notes: list[Note]) -> _Shape:
    reader = Reader(case)
    criteria = [
        criterion
        for place, assertion in enumerate(case.asserts)
        for criterion in _read(reader, assertion, f"{case.path}.assert[{place}]", notes, case.threshold)
    ]
    return _Shape(case.threshold, criteria, reader.expected)


def _read(
    reader: Reader, assertion: Any, path: str, notes: list[Note], threshold: float | None
) -> Iterator[Criterion]:
    if not isinstance(assertion, Mapping):
        notes.append(Note(path, f"expected an assertion; got {type(assertion).__name__}"))
    elif assertion.get("type") == "assert-set":
        yield from _read_set(reader, assertion, path, notes, threshold)
    else:
        try:
            yield reader.criterion(assertion)
        except NoCounterpartError as error:
            notes.append(Note(path, f"{assertion.get('type')}: {error}"))


def _read_set(
    reader: Reader, assertion: Mapping[str, Any], path: str, notes: list[Note], threshold: float | None
) -> Iterator[Criterion]:
    """A set counts as the mean of its own; where nobody has a threshold, each of its own has to pass."""
    try:
        least = number(assertion.get("threshold"), -1.0, "threshold")
        weight = number(assertion.get("weight"), 1.0, "weight")
    except NoCounterpartError as error:
        notes.append(Note(path, str(error)))
        return
    own = assertion.get("assert")
    found = [
        each
        for place, part in enumerate(own if isinstance(own, list) else [])
        for each in _read(reader, part, f"{path}.assert[{place}]", notes, threshold)
    ]
    if not found or (least < 0 and threshold is None):
        yield from found
        return
    parts = {key: part for each in found for key, part in each.parts.items()}
    key = reader.key(str(assertion.get("metric") or "assert_set"))
    yield Criterion("assert-set", key, parts, f"({_mean(found)})", max(least, 0.0), weight)


def _mean(criteria: Sequence[Criterion]) -> str:
    """Write the weighted mean as a formula."""
    total = sum(each.weight for each in criteria)
    if total <= 0:
        return "0"
    terms = [each.term if each.weight == 1 else f"{_digits(each.weight)} * {each.term}" for each in criteria]
    return terms[0] if len(terms) == 1 and total == 1 else f"({' + '.join(terms)}) / {_digits(total)}"


def _digits(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _grader(name: str, criterion: Criterion) -> dict[str, Any]:
    """Make a grader of one criterion: its only part, or a multi."""
    passes = criterion.passes if criterion.weight else 0.0  # what weighs nothing passes always
    first, part = next(iter(criterion.parts.items()))
    implied = part["type"] not in _HAS_THRESHOLD and passes == 1.0
    if criterion.term == first and (implied or part["type"] in _HAS_THRESHOLD):
        return {"type": part["type"], "name": name, **part} | ({} if implied else {"pass_threshold": passes})
    return _multi(name, criterion.parts, criterion.term, passes)


def _multi(name: str, parts: Mapping[str, Any], formula: str, passes: float) -> dict[str, Any]:
    graders = {key: {"type": part["type"], "name": key, **part} for key, part in parts.items()}
    made = {"type": "multi", "name": name, "graders": graders, "calculate_output": formula}
    return made | {"pass_threshold": passes}


@dataclass
class _Gathered:
    document: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def group(self, place: int, n: int) -> Group:
        """Write what all tests expect alike into the document; number its name where there are several."""
        document: Any = self.document
        for key, value in list(self.rows[0]["item"].get(EXPECTED, {}).items()):
            reference = f"{{{{item.{EXPECTED}.{key}}}}}"
            if self._agrees(key, value) and reference in dumps(document).decode() and "{{" not in value:
                document = _replaced(document, reference, value)
                self._drop(key)
        name = document["name"] if n == 1 else f"{document['name']} {place}"
        return Group({**document, "name": name}, self.rows)

    def _agrees(self, key: str, value: object) -> bool:
        return isinstance(value, str) and all(row["item"][EXPECTED][key] == value for row in self.rows)

    def _drop(self, key: str) -> None:
        for row in self.rows:
            del row["item"][EXPECTED][key]
            if not row["item"][EXPECTED]:
                del row["item"][EXPECTED]


def _replaced(value: Any, reference: str, text: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _replaced(part, reference, text) for key, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, reference, text) for part in value]
    return value.replace(reference, text) if isinstance(value, str) else value
