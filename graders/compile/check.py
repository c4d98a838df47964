"""What is to be said about a grader document before any row is scored."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graders.compile.model_names import sampling_warnings
from graders.compile.places import NAMES, PLACES, Place, refusals
from graders.compile.several import ADDED_BY_EVALS, Member, members
from graders.config import PUBLISHED, Checked, GraderConfig, Vocabulary, check, join
from graders.config.problems import did_you_mean, show
from graders.errors import Problem
from graders.formula import FormulaError, parse_formula
from graders.registry import Registry
from graders.render import parse_template
from graders.sandbox import HOSTED_IMAGE

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Findings:
    """What was found of a document: its graders, every problem, every warning, every refusal.

    A problem makes the document unusable; a warning says that it probably does not say what its author
    meant. `parts` are the documents of all graders and sub-graders with their paths. `refusals` say, for each
    of the hosted services, why it would not take the document, although it can be computed here. `several`
    tells a list of one grader from that grader.
    """

    graders: tuple[tuple[Member, GraderConfig | None], ...] = ()
    several: bool = False
    parts: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    refusals: Mapping[Place, tuple[Problem, ...]] = field(default_factory=dict)

    @property
    def refused_everywhere(self) -> tuple[Problem, ...]:
        """Why none of the hosted services would take the document; empty where one would."""
        if not all(self.refusals.values()):
            return ()
        return tuple(dict.fromkeys(problem for found in self.refusals.values() for problem in found))


def check_document(document: object, registry: Registry) -> Findings:
    """Check shape, template strings, formula, and that everything the document names is there."""
    found = members(document)
    listed = [Member("", "$", document)] if found is None else found
    checked = [(member, _check_grader(member, registry)) for member in listed]
    problems = [] if listed else [Problem("$", "expected at least one grader; got none")]
    problems += [problem for _, each in checked for problem in each.problems]
    known = {problem.path for problem in problems}
    problems += [problem for problem in _unwritable(document) if problem.path not in known]
    return Findings(
        tuple((member, each.config) for member, each in checked),
        found is not None,
        tuple(part for member in listed for part in parts_of(member)),
        tuple(problems),
        tuple(warning for _, each in checked for warning in each.warnings),
        {place: tuple(refusals_of(place, listed)) for place in PLACES},
    )


def _unwritable(document: object) -> Iterator[Problem]:
    """Find what a document of Python holds and JSON has no word for: no run could be written."""
    waiting = [("$", document)]  # no recursion: a document may be nearly as deep as Python's stack
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(join(path, key), part) for key, part in value.items() if isinstance(key, str)]
        elif isinstance(value, list | tuple):
            waiting += [(join(path, index), part) for index, part in enumerate(value)]
        elif value is not None and not isinstance(value, str | bool):
            try:
                json.dumps(value, allow_nan=False)
            except (TypeError, ValueError):
                yield Problem(path, f"expected a JSON value; got {show(value)}")


def refusals_of(place: Place, listed: Sequence[Member]) -> Iterator[Problem]:
    """Say why a hosted service would not take these graders."""
    if place != "evals" and len(listed) > 1:
        yield Problem("$", f"{NAMES[place]} takes one grader; combine several by a multi grader")
    for member in listed:
        for path, part in parts_of(member):
            yield from refusals(place, path, part, part_of_multi=path != member.path)


def _check_grader(member: Member, registry: Registry) -> Checked:
    vocabulary = vocabulary_of(member, registry)
    checked = check(member.document, vocabulary=vocabulary, path=member.path)
    for path, part in parts_of(member):
        checked.problems += _formula_problems(part, path)
        for place, message, fatal in _template_findings(part, vocabulary, path):
            (checked.problems if fatal else checked.warnings).append(Problem(place, message))
        checked.warnings += [Problem(path + below, text) for below, text in sampling_warnings(part)]
        checked.warnings += _image_warnings(part, path)
    checked.warnings = [
        warning
        for warning in checked.warnings
        if warning.path not in {join(member.path, name) for name in ADDED_BY_EVALS}
    ]
    return checked


def parts_of(member: Member) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give (path, document) of a grader and of each sub-grader, however wrong they are."""
    document = member.document
    if not isinstance(document, Mapping):
        return
    yield member.path, document
    graders = document.get("graders")
    if document.get("type") == "multi" and isinstance(graders, Mapping):
        for key, part in graders.items():
            if isinstance(part, Mapping):
                yield join(join(member.path, "graders"), key), part


def vocabulary_of(member: Member, registry: Registry) -> Vocabulary:
    """Give the published vocabulary; plugins are asked only where the document goes beyond it."""
    parts = [part for _, part in parts_of(member)]
    types = {name for part in parts if isinstance(name := part.get("type"), str)}
    metrics = {name for part in parts if isinstance(name := part.get("evaluation_metric"), str)}
    if types <= set(PUBLISHED.types) and metrics <= set(PUBLISHED.metrics):
        return PUBLISHED
    added = {name: _config_class(registry, name) for name in types & set(registry.names("types"))}
    return Vocabulary(
        {**PUBLISHED.types, **added},
        tuple(dict.fromkeys([*PUBLISHED.metrics, *registry.names("metrics")])),
        tuple(dict.fromkeys([*PUBLISHED.types, *registry.names("types")])),
    )


def _config_class(registry: Registry, name: str) -> type[GraderConfig]:
    return cast(type[GraderConfig], cast(Any, registry.get("types", name)).Config)


def _image_warnings(part: Mapping[str, Any], path: str) -> list[Problem]:
    tag = part.get("image_tag")
    if part.get("type") != "python" or not isinstance(tag, str) or tag == HOSTED_IMAGE:
        return []
    message = f"the image {tag!r} is not known here; the source runs with the packages of this machine"
    return [Problem(f"{path}.image_tag", message)]


def _template_findings(
    part: Mapping[str, Any], vocabulary: Vocabulary, path: str
) -> Iterator[tuple[str, str, bool]]:
    name = part.get("type")
    if not isinstance(name, str) or name not in vocabulary.types:
        return
    for below, text in vocabulary.types[name].template_strings(part):
        template = parse_template(text)
        yield from ((path + below, message, True) for message in template.problems)
        yield from ((path + below, message, False) for message in template.warnings)


def _formula_problems(part: Mapping[str, Any], path: str) -> list[Problem]:
    text, graders = part.get("calculate_output"), part.get("graders")
    if part.get("type") != "multi":
        return []
    if not isinstance(graders, Mapping) or isinstance(graders.get("type"), str):
        graders = {}  # no map of graders, so there are no names to compare with
    problems = [
        Problem(
            join(f"{path}.graders", key),
            "expected a name of letters, digits and _, not beginning with a digit",
        )
        for key in graders
        if isinstance(key, str) and not _KEY.fullmatch(key)
    ]
    if not isinstance(text, str):
        return problems
    place = f"{path}.calculate_output"
    try:
        formula = parse_formula(text)
    except FormulaError as error:
        return [*problems, Problem(place, str(error))]
    keys = list(map(str, graders))
    unknown = formula.names_missing(keys) if keys else ()
    listed = f"the graders are {', '.join(keys)}"
    return problems + [
        Problem(place, f"no grader {name!r}; {listed}{did_you_mean(name, keys)}") for name in unknown
    ]
