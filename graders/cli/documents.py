"""The GRADER argument: a path, `-` for standard input, or `template:NAME`."""

import sys
from typing import Annotated

import typer

from graders.cli.console import say
from graders.compile import Grader, Options, compile_document, read_source

GraderArgument = Annotated[
    str, typer.Argument(metavar="GRADER", help="A grader document: a path, - for stdin, or template:NAME.")
]


def read_document(argument: str) -> object:
    """Read the grader document that an argument names."""
    if argument == "-":
        return read_source(sys.stdin.read().lstrip("\ufeff").lstrip() or "{}")
    return read_source(argument)


def load(argument: str, options: Options) -> Grader:
    """Compile the grader that an argument names; print its warnings."""
    grader = compile_document(read_document(argument), options=options)
    for warning in grader.warnings:
        say("warning", str(warning))
    return grader
