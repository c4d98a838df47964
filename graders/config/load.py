"""From a JSON value to a config and back, with every problem of it at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from graders.config.graders import METRICS, TYPES, MultiGrader
from graders.config.models import GraderConfig, Part
from graders.config.problems import did_you_mean, expected_one_of, join, problems_of, show, spell
from graders.errors import ConfigError, Problem


@dataclass(frozen=True)
class Vocabulary:
    """Which grader types and metrics a document may name; `type_names` are those that a message offers."""

    types: Mapping[str, type[GraderConfig]] = field(default_factory=lambda: TYPES)
    metrics: tuple[str, ...] = METRICS
    type_names: tuple[str, ...] = tuple(TYPES)


PUBLISHED = Vocabulary()
"""What OpenAI's documents may name."""


@dataclass
class Checked:
    """What a document was found to be: its config where it has one, and every finding."""

    config: GraderConfig | None
    problems: list[Problem]
    warnings: list[Problem]


def load(document: object, *, vocabulary: Vocabulary = PUBLISHED) -> GraderConfig:
    """Make the config of a grader document (a JSON value).

    Example:
        >>> load({"type": "string_check", "input": "a", "reference": "b", "operation": "eq"}).operation
        'eq'

    Raises:
        ConfigError: lists every problem with its path.
    """
    checked = check(document, vocabulary=vocabulary)
    if checked.config is None:
        raise ConfigError(checked.problems)
    return checked.config


def dump(config: GraderConfig) -> dict[str, Any]:
    """Give the document of a config: every field that was set, unknown ones included, as JSON values."""
    return config.model_dump(exclude_unset=True)


def check(document: object, *, vocabulary: Vocabulary = PUBLISHED, path: str = "$") -> Checked:
    """Look at a document without raising; `path` is where it stands."""
    if not isinstance(document, Mapping):
        return Checked(None, [Problem(path, f"expected a grader, an object; got {show(document)}")], [])
    config_type = _config_type(document, vocabulary, path)
    if isinstance(config_type, Problem):
        return Checked(None, [config_type], [])
    if issubclass(config_type, MultiGrader):
        return _check_multi(dict(document), vocabulary, path)
    config, problems = _validate(config_type, document, path)
    problems += _metric_problems(document, vocabulary, path)
    return Checked(None if problems else config, problems, _warnings(config_type, config, document, path))


def _config_type(
    document: Mapping[str, Any], vocabulary: Vocabulary, path: str
) -> type[GraderConfig] | Problem:
    if "type" not in document:
        return Problem(path, f"missing field 'type', one of {', '.join(vocabulary.type_names)}")
    name = document["type"]
    if isinstance(name, str) and name in vocabulary.types:
        return vocabulary.types[name]
    return Problem(join(path, "type"), expected_one_of(vocabulary.type_names, name))


def _validate(
    config_type: type[GraderConfig], document: Mapping[str, Any], path: str
) -> tuple[GraderConfig | None, list[Problem]]:
    try:
        return config_type.model_validate(dict(document)), []
    except ValidationError as error:
        return None, list(problems_of(error, document, set(config_type.model_fields), path))


def _metric_problems(document: Mapping[str, Any], vocabulary: Vocabulary, path: str) -> list[Problem]:
    name = document.get("evaluation_metric")
    if document["type"] != "text_similarity" or not isinstance(name, str) or name in vocabulary.metrics:
        return []
    return [Problem(join(path, "evaluation_metric"), expected_one_of(vocabulary.metrics, name))]


def _check_multi(document: dict[str, Any], vocabulary: Vocabulary, path: str) -> Checked:
    where = join(path, "graders")
    graders = document.get("graders")
    mistaken = _not_a_map(graders, vocabulary)
    listed = graders if isinstance(graders, Mapping) and not mistaken else {}
    below = [_check_part(part, vocabulary, join(where, key)) for key, part in listed.items()]
    parts = {key: each.config or _UNUSABLE for key, each in zip(listed, below, strict=True)}
    if graders is not None:
        document["graders"] = {"": _UNUSABLE} if mistaken else parts
    config, problems = _validate(MultiGrader, document, path)
    if mistaken:
        message = f"expected an object that maps names to graders; got {mistaken}"
        problems.append(Problem(where, message))
    problems += [problem for each in below for problem in each.problems]
    warnings = _warnings(MultiGrader, config, document, path)
    warnings += [warning for each in below for warning in each.warnings]
    return Checked(None if problems else config, problems, warnings)


_UNUSABLE = GraderConfig.model_construct(type="")


def _not_a_map(graders: object, vocabulary: Vocabulary) -> str | None:
    """Say what stands in the place of the map of graders, or None where it is a map, or absent."""
    if graders is None:
        return None
    if not isinstance(graders, Mapping):
        return show(graders)
    kind = graders.get("type")
    return "one grader" if isinstance(kind, str) and kind in vocabulary.types else None


def _check_part(document: object, vocabulary: Vocabulary, path: str) -> Checked:
    if isinstance(document, Mapping) and document.get("type") == "multi":
        return Checked(None, [Problem(join(path, "type"), "a multi grader cannot hold a multi grader")], [])
    return check(document, vocabulary=vocabulary, path=path)


def _warnings(
    config_type: type[GraderConfig], config: GraderConfig | None, document: Mapping[str, Any], path: str
) -> list[Problem]:
    warnings = list(_unknown_fields(config_type, document, path))
    for name, value in config or ():
        warnings += _warnings_below(value, join(path, name))
    return warnings


def _warnings_below(value: object, path: str) -> Iterator[Problem]:
    """Warn about the unknown fields of messages, blocks and sampling parameters."""
    if isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _warnings_below(entry, join(path, index))
    elif isinstance(value, Part):
        yield from _unknown_fields(type(value), value.model_dump(exclude_unset=True), path)
        for name, below in value:
            yield from _warnings_below(below, join(path, name))


def _unknown_fields(model: type[Part], document: Mapping[str, Any], path: str) -> Iterator[Problem]:
    fields = model.model_fields
    for key in document:
        if key not in fields:
            meant = did_you_mean(spell(str(key)), [name for name in fields if name not in document])
            yield Problem(join(path, str(key)), f"unknown field, kept but not used{meant}")
