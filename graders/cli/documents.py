"""The GRADER argument: a path, `-` for standard input, or `template:NAME`."""

import sys
from typing import Annotated

import typer

from graders.cli.console import say_each
from graders.compile import Grader, Options, compile_document, modernise, read_source
from graders.errors import ConfigError, Problem
from graders.judges.spec import FORM
from graders.strict_json import loads_unique

GraderArgument = Annotated[
    str, typer.Argument(metavar="GRADER", help="A grader document: a path, - for stdin, or template:NAME.")
]


LegacyOption = Annotated[
    bool, typer.Option("--legacy", help="Take old forms for today's: neq, contains, a list of graders.")
]

JudgeOption = Annotated[
    str | None,
    typer.Option(metavar=FORM, help="Who answers for score_model and label_model, such as scripted:FILE."),
]
EmbedderOption = Annotated[str | None, typer.Option(metavar=FORM, help="Who embeds for cosine.")]


def read_document(argument: str, *, legacy: bool = False) -> object:
    """Read the grader document that an argument names."""
    document = _read_standard_input() if argument == "-" else read_source(argument)
    return modernise(document) if legacy else document


def _read_standard_input() -> object:
    try:
        return loads_unique(sys.stdin.buffer.read().removeprefix(b"\xef\xbb\xbf"))
    except UnicodeDecodeError as error:
        message = f"not UTF-8: {error.reason} at byte {error.start}"
    except ValueError as error:
        message = f"not JSON: {error}"
    raise ConfigError([Problem("standard input", message)])


def load(argument: str, options: Options, *, judge: str | None = None, embedder: str | None = None) -> Grader:
    """Compile the grader that an argument names; print its warnings and hints."""
    document = read_document(argument)
    grader = compile_document(document, judge=judge, embedder=embedder, options=options)
    say_each("warning", grader.warnings)
    say_each("hint", grader.hints)
    return grader
