"""`graders grade`: one row, answered as the hosted `/graders/run` answers."""

import secrets
import string
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from graders.cli.console import print_json, say
from graders.cli.documents import (
    EmbedderOption,
    GraderArgument,
    LegacyOption,
    MetricOption,
    load,
)
from graders.cli.exits import ROW_ERRORS, exit_codes
from graders.cli.options import CacheOptions, JudgeOptions, SandboxOptions, by_name, expanded
from graders.compile import Options
from graders.dataset.rows import kind
from graders.errors import DataError
from graders.strict_json import loads


@expanded
def grade(
    *,
    grader: GraderArgument,
    item: Annotated[str, typer.Option(help="The item, a JSON object, or @FILE.")] = "{}",
    sample: Annotated[
        str | None,
        typer.Option(help="The model's output: text, a JSON object with choices or output_text, or @FILE."),
    ] = None,
    metric: MetricOption = None,
    legacy: LegacyOption = False,
    judging: JudgeOptions,
    embedder: EmbedderOption = None,
    confining: SandboxOptions,
    caching: CacheOptions,
    as_json: Annotated[bool, typer.Option("--json", help="Print the object on one line.")] = False,
) -> None:
    """Grade one row and print what the hosted /graders/run would answer.

    There a failure is reward 0.0 with a flag; it is also named on stderr, and the exit code is 3.
    """
    kept = caching.named()
    with exit_codes():
        options = Options("zero", None, legacy, by_name(metric), judging.media_root)
        where = confining.confinement(workers=1)
        bound = load(grader, options, judging=judging, confinement=where, embedder=embedder, cache=kept)
        row_item = _item(item)
        row_sample = None if sample is None else _sample(sample)
        started = time.perf_counter()
        result = bound.grade(row_item, row_sample)
        seconds = time.perf_counter() - started
        if bound.config and bound.config.name is None:
            result = replace(result, name=_generated_name())
        print_json(result.to_hosted(seconds), indent=None if as_json else 2)
        for error in result.errors:
            say("row error", f"{error.grader}: {error.code.name}: {error.detail}")
        if result.errors and row_sample is None and bound.uses_sample:
            say("hint", "the grader reads the sample; --sample gives it one")
        if result.errors:
            raise typer.Exit(ROW_ERRORS)


def _text(argument: str) -> str:
    if not argument.startswith("@"):
        return argument
    path = Path(argument[1:])
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8") from None
    except OSError as error:
        raise DataError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _item(argument: str) -> dict[str, Any]:
    try:
        value = loads(_text(argument))
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"--item is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise DataError(f"--item: expected an object; got {kind(value)}")
    return value


def _sample(argument: str) -> str | dict[str, Any]:
    """Take a sample object only where it can be nothing else; a model's output may be JSON itself."""
    text = _text(argument)
    try:
        value = loads(text)
    except ValueError:
        return text
    whole = isinstance(value, dict) and ("choices" in value or "output_text" in value)
    return value if whole else text


def _generated_name() -> str:
    letters = string.ascii_letters + string.digits
    return "grader-" + "".join(secrets.choice(letters) for _ in range(12))
