"""What is to be said about a grader document before any row is scored."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from graders.config import PUBLISHED, GraderConfig, Vocabulary, check, join
from graders.errors import Problem
from graders.formula import FormulaError, parse_formula
from graders.metrics import METRICS
from graders.registry import Registry
from graders.render import parse_template

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Findings:
    """A document's config, where it has one, with every problem and every warning."""

    config: GraderConfig | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check_document(document: object, registry: Registry) -> Findings:
    """Check shape, template strings, formula, and that everything the document names is there."""
    vocabulary = _vocabulary(document, registry)
    checked = check(document, vocabulary=vocabulary)
    problems, warnings = checked.problems, checked.warnings
    for path, part in _graders(document):
        problems += _missing_types(part, registry, path)
        problems += _formula_problems(part, path)
        for place, message, fatal in _template_findings(part, vocabulary, path):
            (problems if fatal else warnings).append(Problem(place, message))
    config = None if problems else checked.config
    return Findings(config, tuple(problems), tuple(warnings))


def _graders(document: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give (path, document) of a grader and of each sub-grader, however wrong they are."""
    if not isinstance(document, Mapping):
        return
    yield "$", document
    graders = document.get("graders")
    if document.get("type") == "multi" and isinstance(graders, Mapping):
        for key, part in graders.items():
            if isinstance(part, Mapping):
                yield join("$.graders", key), part


def _vocabulary(document: object, registry: Registry) -> Vocabulary:
    """Give the published vocabulary; plugins are asked only where the document goes beyond it."""
    parts = [part for _, part in _graders(document)]
    types = {name for part in parts if isinstance(name := part.get("type"), str)}
    metrics = {name for part in parts if isinstance(name := part.get("evaluation_metric"), str)}
    if types <= set(PUBLISHED.types) and metrics <= set(PUBLISHED.metrics):
        return PUBLISHED
    added = {name: _config_class(registry, name) for name in types & set(registry.names("types"))}
    return Vocabulary(
        {**PUBLISHED.types, **added},
        tuple(dict.fromkeys([*PUBLISHED.metrics, *METRICS, *registry.names("metrics")])),
    )


def _config_class(registry: Registry, name: str) -> type[GraderConfig]:
    return cast(type[GraderConfig], cast(Any, registry.get("types", name)).Config)


def _missing_types(part: Mapping[str, Any], registry: Registry, path: str) -> list[Problem]:
    name = part.get("type")
    if not isinstance(name, str) or name not in PUBLISHED.types or name in registry.names("types"):
        return []
    message = f"a {name} grader loads and validates, but this version cannot compute it yet"
    return [Problem(f"{path}.type", message)]


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
    keys = ", ".join(map(str, graders))
    unknown = formula.names_missing(graders) if graders else ()
    return problems + [Problem(place, f"no grader {name!r}; the graders are {keys}") for name in unknown]
