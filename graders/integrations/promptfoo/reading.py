"""A config as a JSON value: YAML 1.2 or JSON, its references resolved.

Design: a config is a stranger's, so its aliases and references cannot make it grow without end.
"""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graders.errors import DataError, MissingExtraError
from graders.strict_json import loads

_MOST_VALUES = 2_000_000
_MOST_DEPTH = 60


def read_config(path: Path) -> dict[str, Any]:
    """Read a config, YAML or JSON.

    Raises:
        DataError: it cannot be read, or is no config.
        MissingExtraError: it is YAML, and the extra is not installed.
    """
    if path.suffix not in (".yaml", ".yml", ".json"):
        raise DataError(
            f"{path}: expected a .yaml, .yml or .json file; configs that are code run in promptfoo only"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    config = read_value(text, path.suffix, str(path))
    if not isinstance(config, dict) or not ({"tests", "prompts", "defaultTest", "providers"} & config.keys()):
        raise DataError(f"{path}: not a promptfoo config: it has neither tests nor prompts")
    return config


def read_value(text: str, suffix: str, name: str) -> Any:
    """Parse a JSON, JSON Lines or YAML text, and resolve its references.

    Raises:
        DataError: it is none, its references lead nowhere, or it is too large.
        MissingExtraError: it is YAML, and the extra is not installed.
    """
    try:
        value = _parsed(text, suffix)
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None
    except RecursionError:
        raise DataError(f"{name}: nested too deeply") from None
    return _resolved(value, value, itertools.count(), name)


def _parsed(text: str, suffix: str) -> Any:
    if suffix == ".json":
        return loads(text)
    if suffix == ".jsonl":
        return [loads(line) for line in text.splitlines() if line.strip()]
    return _parsed_yaml(text)


def _parsed_yaml(text: str) -> Any:
    """Parse YAML 1.2, the version that promptfoo reads: there `yes` is a text."""
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError
    except ImportError:
        raise MissingExtraError("reading YAML", "promptfoo") from None
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from None


def _resolved(value: Any, config: Any, count: "itertools.count[int]", name: str, depth: int = 0) -> Any:
    """Put what `$ref` points to in its place, and make every part a value of its own."""
    if next(count) > _MOST_VALUES or depth > _MOST_DEPTH:
        raise DataError(f"{name}: too large, or it holds itself")
    if isinstance(value, Mapping):
        target = value.get("$ref")
        if isinstance(target, str) and target.startswith("#/"):
            found = _pointed(config, target, name)
            extra = {key: part for key, part in value.items() if key != "$ref"}
            value = {**found, **extra} if isinstance(found, Mapping) else found
            return _resolved(value, config, count, name, depth + 1)
        return {str(key): _resolved(part, config, count, name, depth + 1) for key, part in value.items()}
    if isinstance(value, list):
        return [_resolved(part, config, count, name, depth + 1) for part in value]
    return value


def _pointed(config: Any, target: str, name: str) -> Any:
    for key in target.removeprefix("#/").split("/"):
        if not isinstance(config, Mapping) or key not in config:
            raise DataError(f"{name}: $ref points nowhere: {target!r}")
        config = config[key]
    return config
