"""One row graded on the playground: everything that is wrong with it, or everything that comes of it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from graders.compile import Grader, check_document, render_row
from graders.errors import ConfigError, Failure, Problem
from graders.registry import default_registry
from graders.report.rows import row_view
from graders.report.text import Piece, pieces, plain
from graders.report.views import RowView
from graders.scores import Grade
from graders.server.bodies import deeper_than
from graders.server.failures import kind_of
from graders.server.grade import Graders
from graders.strict_json import loads_unique

_LONGEST, _MOST = 6000, 100


class Asked(NamedTuple):
    """What stands in the form: JSON, JSON, and a text, a JSON object, or nothing, as `kind` says."""

    grader: str = ""
    item: str = "{}"
    sample: str = ""
    kind: str = "text"


KINDS = ("text", "object", "none")


class Rendered(NamedTuple):
    """A template string of the grader, and what it became for the row."""

    grader: str
    field: str
    text: Sequence[Piece]
    failed: bool


class Part(NamedTuple):
    """A sub-grader: its reward, None where it has none, and whether it failed."""

    name: str
    reward: float | None
    failed: bool


@dataclass(frozen=True)
class Trial:
    """What came of it; `problems` are those of the form's fields, by their names."""

    problems: Mapping[str, Sequence[str]]
    warnings: Sequence[str] = ()
    refusals: Sequence[str] = ()
    grade: Grade | None = None
    view: RowView | None = None
    parts: Sequence[Part] = ()
    rendered: Sequence[Rendered] = ()
    seconds: float = 0.0


class TrialGraders(Graders):
    """Grades what can be computed here, also what a hosted service would refuse."""

    def _compiled(self, document: Mapping[str, Any]) -> Grader:
        return self.compiled(document)


def tried(asked: Asked, graders: Graders) -> Trial:
    """Check and grade one row; whatever is wrong with any of its parts is said at once."""
    depth = graders.settings.limits.depth
    problems: dict[str, list[str]] = {"grader": [], "item": [], "sample": []}
    document = _json(asked.grader, depth, problems["grader"])
    item = _object(asked.item, depth, problems["item"])
    sample = _sample(asked, depth, problems["sample"])
    found = check_document(document, default_registry()) if not problems["grader"] else None
    warnings: Sequence[Problem] = () if found is None else found.warnings
    refusals = (
        []
        if found is None or found.problems
        else _lines([problem for said in found.refusals.values() for problem in said])
    )
    grader, rendered = None, list[Rendered]()
    if found is not None:
        grader = _bound(document, graders, found.problems, problems["grader"])
    if found is not None and not found.problems and not problems["item"] and not problems["sample"]:
        rendered = list(_rendered(document, item, sample))
    if any(problems.values()) or grader is None:
        return Trial(problems, _lines(warnings), refusals, rendered=rendered)
    started = time.perf_counter()
    grade = grader.grade(item, sample)
    seconds = time.perf_counter() - started
    view = row_view(_line(grade, item, sample), document)
    said = _lines([*grader.warnings, *grader.hints])
    return Trial(problems, said, refusals, grade, view, _parts(grade), rendered, seconds)


def _bound(document: Any, graders: Graders, found: Sequence[Problem], problems: list[str]) -> Grader | None:
    """Compile a document, as far as it was found to be one; add what is wrong with it."""
    if not found:
        try:
            return graders.get(document)
        except ConfigError as error:
            found = error.problems
    problems += _lines(found)
    return None


def _lines(found: Sequence[Problem]) -> list[str]:
    return [plain(str(problem), 600) for problem in found[:_MOST]]


def _json(text: str, depth: int, problems: list[str]) -> Any:
    if not text.strip():
        problems.append("paste a grader document, or load a ready-made one")
        return None
    try:
        value = loads_unique(text)
    except ValueError as error:
        problems.append(plain(f"not valid JSON: {error}", 300))
        return None
    if deeper_than(value, depth):
        problems.append(f"nested more than {depth} deep")
    return value


def _object(text: str, depth: int, problems: list[str]) -> dict[str, Any]:
    value = _json(text if text.strip() else "{}", depth, problems)
    if not problems and not isinstance(value, dict):
        problems.append(f"expected a JSON object; got {kind_of(value)}")
    return value if isinstance(value, dict) else {}


def _sample(asked: Asked, depth: int, problems: list[str]) -> str | dict[str, Any] | None:
    if asked.kind == "object":
        return _object(asked.sample, depth, problems)
    return asked.sample if asked.kind == "text" else None


def _rendered(document: Any, item: Mapping[str, Any], sample: Any) -> Iterator[Rendered]:
    for each in list(render_row(document, default_registry(), item, sample))[:_MOST]:
        failed = isinstance(each.text, Failure)
        text = each.text.detail if isinstance(each.text, Failure) else each.text
        yield Rendered(plain(each.grader, 80), plain(each.field, 80), pieces(text, _LONGEST), failed)


def _parts(grade: Grade) -> list[Part]:
    failed = {error.grader for error in grade.errors}
    return [Part(plain(key, 80), reward, key in failed) for key, reward in grade.sub_rewards.items()]


def _line(grade: Grade, item: Mapping[str, Any], sample: Any) -> dict[str, Any]:
    return {
        "row": 0,
        "id": 0,
        "reward": grade.reward,
        "passed": grade.passed,
        "sub_rewards": dict(grade.sub_rewards),
        "errors": [error.to_dict() for error in grade.errors],
        "traces": list(grade.traces),
        "item": item,
        "sample": sample,
    }
