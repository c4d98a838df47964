"""`graders validate`: every problem of a grader document, with its path."""

from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import Annotated

import typer

from graders.cli.console import JsonOption, harmless, print_json, say_each
from graders.cli.documents import GraderArgument, LegacyOption, read_document
from graders.cli.exits import UNUSABLE, exit_codes
from graders.cli.options import SandboxOptions, expanded
from graders.compile import PLACES, Findings, check_document, check_sources
from graders.errors import ConfigError, Problem
from graders.registry import default_registry


class Place(StrEnum):
    """A hosted service that takes grader documents."""

    rft = "rft"
    evals = "evals"
    run = "run"


@expanded
def validate(
    *,
    grader: GraderArgument,
    place: Annotated[
        Place | None,
        typer.Option("--for", help="What this hosted service would refuse is a problem."),
    ] = None,
    legacy: LegacyOption = False,
    confining: SandboxOptions,
    as_json: JsonOption = False,
) -> None:
    """Check a grader document and print every problem with its path.

    What the hosted services would refuse is printed as a hint, and with --for as a problem. The sources of
    python graders are compiled and loaded in the sandbox.
    """
    with exit_codes():
        try:
            findings = check_document(read_document(grader, legacy=legacy), default_registry())
        except ConfigError as error:
            findings = Findings(problems=error.problems)
        findings, source_hints = check_sources(findings, confining.confinement())
        refused = findings.refusals.get(place.value, ()) if place else ()
        problems = dict.fromkeys(findings.problems + refused)
        hints = [*source_hints, *([] if place else _hints(findings))]
        if as_json:
            found = {"problems": problems, "warnings": findings.warnings, "hints": hints}
            lists = {key: [vars(problem) for problem in of] for key, of in found.items()}
            print_json({"valid": not problems, **lists})
        else:
            _print(problems, findings.warnings, hints)
        if problems:
            raise typer.Exit(UNUSABLE)


def _hints(findings: Findings) -> list[Problem]:
    found = [problem for place in PLACES for problem in findings.refusals.get(place, ())]
    return list(dict.fromkeys(found))


def _print(problems: Collection[Problem], warnings: Iterable[Problem], hints: Iterable[Problem]) -> None:
    say_each("warning", warnings)
    say_each("hint", hints)
    for problem in problems:
        print(harmless(str(problem), limit=2000))
    if not problems:
        print("valid")
