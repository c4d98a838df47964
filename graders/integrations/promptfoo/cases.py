"""The tests of a promptfoo config, each with what it inherits: variables, assertions, threshold, options.

Design: a config is a stranger's. Files that it names are read from its own folder and below, and never run.
"""

import csv
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from graders.errors import DataError
from graders.integrations.promptfoo.assertions import number
from graders.integrations.promptfoo.case import Case, read_below
from graders.integrations.promptfoo.cells import test_of
from graders.integrations.promptfoo.notes import NoCounterpartError, Note
from graders.integrations.promptfoo.reading import read_value
from graders.integrations.promptfoo.texts import as_json

_MOST_COMBINATIONS = 10_000


def cases_of(config: Mapping[str, Any], folder: Path, notes: list[Note]) -> Iterator[Case]:
    """Give the tests; what cannot be read is noted and left out."""
    common = _common(config, folder, notes)
    prompts = config.get("prompts")
    prompts = prompts if isinstance(prompts, list) else [prompts] if prompts else []
    for path, test in _tests(config.get("tests"), "tests", folder, notes):
        if not isinstance(test, Mapping):
            notes.append(Note(path, f"expected a test; got {type(test).__name__}"))
            continue
        yield from _expanded(path, test, common, folder, prompts, notes)


def _common(config: Mapping[str, Any], folder: Path, notes: list[Note]) -> Mapping[str, Any]:
    default = config.get("defaultTest") or {}
    try:
        if isinstance(default, str) and default.startswith("file://"):
            name = default.removeprefix("file://")
            default = read_value(read_below(folder, name), Path(name).suffix, name)
    except (NoCounterpartError, DataError) as error:
        notes.append(Note("defaultTest", str(error)))
        return {}
    return default if isinstance(default, Mapping) else {}


def _tests(tests: Any, path: str, folder: Path, notes: list[Note]) -> Iterator[tuple[str, Any]]:
    """Give each test with its place, those of files that the config names too."""
    if isinstance(tests, Mapping) and isinstance(tests.get("path"), str):
        tests = tests["path"]
    if isinstance(tests, str):
        tests = _from_file(tests, path, folder, notes)
    for place, test in enumerate(tests if isinstance(tests, list) else []):
        own = f"{path}[{place}]"
        if isinstance(test, str):
            more = _from_file(test, own, folder, notes)
            yield from ((f"{own}[{line}]", each) for line, each in enumerate(more))
        else:
            yield own, test


def _from_file(reference: str, path: str, folder: Path, notes: list[Note]) -> list[Any]:
    """Give the tests of a file; one that cannot be read is noted."""
    name = reference.removeprefix("file://")
    suffix = Path(name).suffix.lower()
    try:
        if suffix == ".csv":
            return [test_of(row) for row in csv.DictReader(io.StringIO(read_below(folder, name)))]
        if suffix in (".yaml", ".yml", ".json", ".jsonl"):
            found = read_value(read_below(folder, name), suffix, name)
            return found if isinstance(found, list) else [found]
        reason = f"tests in {name!r}: expected .yaml, .json, .jsonl or .csv"
    except (NoCounterpartError, DataError, csv.Error) as error:
        reason = str(error)
    notes.append(Note(path, reason))
    return []


def _expanded(
    path: str,
    test: Mapping[str, Any],
    common: Mapping[str, Any],
    folder: Path,
    prompts: Sequence[Any],
    notes: list[Note],
) -> Iterator[Case]:
    """Give a test for each combination of its variables."""
    given = {**_mapping(common.get("vars")), **_mapping(test.get("vars"))}
    options = {**_mapping(common.get("options")), **_mapping(test.get("options"))}
    asserts = [
        *([] if options.get("disableDefaultAsserts") else _list(common.get("assert"))),
        *_list(test.get("assert")),
    ]
    threshold = test.get("threshold", common.get("threshold"))
    try:
        least = None if threshold is None else number(threshold, 0.0, "threshold")
        combinations = _combinations(given, expanded=not options.get("disableVarExpansion"))
    except NoCounterpartError as error:
        notes.append(Note(path, str(error)))
        return
    if test.get("assertScoringFunction") or common.get("assertScoringFunction"):
        notes.append(Note(path, "assertScoringFunction: code that runs in promptfoo only; the mean is taken"))
    output = test.get("providerOutput")
    output = output if isinstance(output, str) else None
    for place, values in enumerate(combinations):
        variables = as_json(dict(zip(given, values, strict=True)))
        which = place if len(combinations) > 1 else None
        yield Case(path, folder, variables, asserts, least, options, output, prompts, which)


def _combinations(given: Mapping[str, Any], *, expanded: bool) -> list[tuple[Any, ...]]:
    """Give the values of the variables in every combination: a list of texts is several values.

    Raises:
        NoCounterpartError: values are in files, or there are too many combinations.
    """
    files = [name for name, value in given.items() if isinstance(value, str) and value.startswith("file://")]
    if files:
        raise NoCounterpartError(f"the variables {', '.join(files)} are in files; the test was left out")
    axes = [
        value if isinstance(value, list) and expanded and value and isinstance(value[0], str) else [value]
        for value in given.values()
    ]
    combinations = list(itertools.islice(itertools.product(*axes), _MOST_COMBINATIONS + 1))
    if len(combinations) > _MOST_COMBINATIONS:
        raise NoCounterpartError(f"more than {_MOST_COMBINATIONS:,} combinations of variables; left out")
    return combinations


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
