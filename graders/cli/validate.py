"""`graders validate`: every problem of a grader document, with its path."""

from typing import Annotated

import typer

from graders.cli.console import harmless, print_json, say
from graders.cli.documents import GraderArgument, read_document
from graders.cli.exits import UNUSABLE, exit_codes
from graders.compile import check_document
from graders.registry import default_registry


def validate(
    grader: GraderArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a grader document and print every problem with its path."""
    with exit_codes():
        findings = check_document(read_document(grader), default_registry())
        if as_json:
            found = {"problems": findings.problems, "warnings": findings.warnings}
            print_json(
                {"valid": not findings.problems, **{key: list(map(vars, of)) for key, of in found.items()}}
            )
        else:
            for warning in findings.warnings:
                say("warning", str(warning))
            for problem in findings.problems:
                print(harmless(str(problem), limit=2000))
        if findings.problems:
            raise typer.Exit(UNUSABLE)
        if not as_json:
            print("valid")
