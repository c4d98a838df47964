"""Where a grader document comes from: a file, JSON text, a ready-made grader, a Python object."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from graders import catalog
from graders.config import GraderConfig, dump
from graders.errors import ConfigError, Problem
from graders.strict_json import loads_unique


@runtime_checkable
class Dumpable(Protocol):
    """An object of the official client, or any other pydantic model."""

    def model_dump(self, *, exclude_unset: bool, by_alias: bool) -> dict[str, Any]:
        """Give the fields that were set, as JSON values under their names on the wire."""


Source = str | os.PathLike[str] | Mapping[str, Any] | Sequence[Any] | GraderConfig | Dumpable
"""A path, JSON text, `template:NAME`, a dict, a config, an object of the official client; or several."""


_ROWS = (".jsonl", ".ndjson", ".csv", ".tsv")
"""How names of files end that hold rows and no document."""


def read_source(source: Source) -> Any:
    """Give the document, a JSON value, that a source stands for.

    Raises:
        ConfigError: there is no such file or ready-made grader, the text is not JSON, or an object holds
            itself or is nested too deeply.
    """
    if isinstance(source, str):
        return _read_text(source)
    if isinstance(source, os.PathLike):
        return _read_file(Path(source))
    try:
        document = _plain(source)
    except RecursionError:
        raise ConfigError([Problem("$", "nested too deeply")]) from None
    if not isinstance(document, Mapping | list):
        message = f"expected a path, JSON text or a mapping; got {type(source).__name__}"
        raise ConfigError([Problem("$", message)])
    return document


def _plain(value: Any) -> Any:
    """Turn what stands for JSON into JSON: configs, objects of the official client, tuples."""
    if isinstance(value, GraderConfig):
        return dump(value)
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Dumpable) and not isinstance(value, type):
        return value.model_dump(exclude_unset=True, by_alias=True)
    return value


def _read_text(source: str) -> Any:
    if source.startswith(catalog.PREFIX):
        return _parse(catalog.find(source.removeprefix(catalog.PREFIX)).text("grader.json"), source)
    text = source.removeprefix("\ufeff")
    if text.lstrip().startswith(("{", "[")):
        return _parse(text, "the grader")
    return _read_file(Path(source))


def _read_file(path: Path) -> Any:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError([Problem(str(path), "no such file")]) from None
    except OSError as error:
        raise ConfigError([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
    except ValueError as error:  # a name that no file can have
        raise ConfigError([Problem(repr(str(path)), f"not a path: {error}")]) from None
    return _parse(data, str(path))


def _parse(data: str | bytes, name: str) -> Any:
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(name, f"not UTF-8: {error.reason} at byte {error.start}")]) from None
    try:
        return loads_unique(text)
    except ValueError as error:
        hint = "; are these the rows? the grader comes first" if name.endswith(_ROWS) else ""
        raise ConfigError([Problem(name, f"not JSON: {error}{hint}")]) from None
