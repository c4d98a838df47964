"""What a right answer to each item would be, as far as the grader or the item says it.

Design: a grader that compares with the item says so in its document: its reference rendered, or an object
that holds each reference where the grader reads it. Of a python or a judged grader nothing is known, and
fields of the item with the usual names are tried. Which of several candidates is *the* right answer, the
grader decides: the one that earns most.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graders.batch import MISSING, Batch, Item, Path
from graders.compile import Findings
from graders.fine_tuning.variables import templates_of
from graders.render import parse_template
from graders.strict_json import dumps

_USUAL = (
    "reference_answer",
    "answer",
    "correct_answer",
    "ground_truth",
    "expected",
    "expected_output",
    "reference",
    "target",
    "label",
    "gold",
    "ideal",
    "solution",
    "output",
    "completion",
    "response",
)


@dataclass(frozen=True)
class Candidate:
    """Texts (n,) that may be right answers, None where an item has none.

    `sure` where the grader says so; what a formula makes of its parts nobody says.

    `values` are what an object of the answer holds, where the answer is one.
    """

    name: str
    texts: Sequence[str | None]
    sure: bool
    values: Sequence[dict[str, Any] | None] | None = None


def candidates(findings: Findings, items: Sequence[Item], named: Path | None = None) -> list[Candidate]:
    """Give what may be right answers, likelier ones first; `named` goes before all others."""
    batch = Batch(items, [None] * len(items))
    if named is not None:
        return [Candidate(named.text, _texts(named, items), sure=True)]
    found = [*_composed(findings, batch), *_rendered(findings, batch), *_guessed(items)]
    return [each for each in found if any(text for text in each.texts)]


def reads_text(findings: Findings) -> bool:
    """Tell whether all that is read of the sample can be written as a text."""
    paths = [path for _, part in findings.parts for each in templates_of(part) for path in each.paths]
    heads = {str(path.segments[0]) for path in paths if path.head == "sample" and path.segments}
    sources = " ".join(str(part.get("source", "")) for _, part in findings.parts)
    return heads <= {"output_text", "output_json"} and "output_tools" not in sources


def reads_json(findings: Findings) -> bool:
    """Tell whether the answer is read as JSON."""
    paths = [path for _, part in findings.parts for each in templates_of(part) for path in each.paths]
    sources = " ".join(str(part.get("source", "")) for _, part in findings.parts)
    named = any(path.head == "sample" and path.segments[:1] == ("output_json",) for path in paths)
    return named or "output_json" in sources


def _comparisons(findings: Findings) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, part in findings.parts:
        if part.get("type") not in ("string_check", "text_similarity") or part.get("operation") == "ne":
            continue
        paths = parse_template(part["reference"]).paths
        if all(each.head == "item" for each in paths):
            yield path, part


def _rendered(findings: Findings, batch: Batch) -> Iterator[Candidate]:
    for path, part in _comparisons(findings):
        texts, failures = parse_template(part["reference"]).render(batch)
        kept = [None if index in failures else text for index, text in enumerate(texts)]
        yield Candidate(f"{path}.reference", kept, sure=len(findings.parts) == 1)


def _composed(findings: Findings, batch: Batch) -> Iterator[Candidate]:
    """Make objects of the references of all that is compared within `sample.output_json`."""
    objects: list[dict[str, Any] | None] = [{} for _ in range(len(batch))]
    names: list[str] = []
    for _, part in _comparisons(findings):
        template, reference = parse_template(part["input"]), parse_template(part["reference"])
        keys = _object_keys(template.pieces)
        if keys is None:
            continue
        names.append(".".join(keys))
        plain = len(reference.pieces) == 1 and isinstance(reference.pieces[0], Path)
        values: Sequence[Any] = batch.column(reference.paths[0]) if plain else reference.render(batch).texts
        for index, value in enumerate(values):
            _put(objects[index], keys, value)
    if names:
        texts = [dumps(each).decode() for each in objects]
        yield Candidate(f"an object of {', '.join(names)}", texts, sure=True, values=objects)


def _object_keys(pieces: Sequence[object]) -> list[str] | None:
    """Give the keys of a path into `sample.output_json` that fills a template string."""
    path = pieces[0] if len(pieces) == 1 else None
    if not isinstance(path, Path) or path.head != "sample" or path.segments[:1] != ("output_json",):
        return None
    keys = path.segments[1:]
    return [str(key) for key in keys] if keys and all(type(key) is str for key in keys) else None


def _put(value: dict[str, Any] | None, keys: Sequence[str], leaf: object) -> None:
    for key in keys[:-1]:
        below = value.setdefault(key, {}) if isinstance(value, dict) else None
        value = below if isinstance(below, dict) else None
    if value is not None and isinstance(leaf, str | int | float | bool | list | dict | None):
        value[keys[-1]] = leaf


def _guessed(items: Sequence[Item]) -> Iterator[Candidate]:
    for name in _USUAL:
        if any(name in item for item in items):
            yield Candidate(f"item.{name}", _texts(Path.parse(f"item.{name}"), items), sure=False)


def _texts(path: Path, items: Sequence[Item]) -> list[str | None]:
    return [_text(path.resolve({"item": item})) for item in items]


def _text(value: object) -> str | None:
    if value is MISSING or value is None:
        return None
    return value if isinstance(value, str) else dumps(value).decode()
