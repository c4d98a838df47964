"""The GRADER argument: a path, `-` for standard input, or `template:NAME`."""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from graders.cache import Cache
from graders.cli.console import say, say_each
from graders.cli.options import JudgeOptions, pairs
from graders.compile import Grader, Options, compile_document, modernise, read_source
from graders.errors import ConfigError, Problem
from graders.judges.spec import FORM
from graders.sandbox.confinement import Confinement
from graders.strict_json import loads_unique

GraderArgument = Annotated[
    str, typer.Argument(metavar="GRADER", help="A grader document: a path, - for stdin, or template:NAME.")
]


LegacyOption = Annotated[
    bool, typer.Option("--legacy", help="Take old forms for today's: neq, contains, a list of graders.")
]

EmbedderOption = Annotated[
    str | None,
    typer.Option(metavar=FORM, help="Who embeds for cosine, such as lexical, wordllama or openai."),
]


MetricOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VARIANT",
        callback=pairs("NAME=VARIANT, such as bleu=sacrebleu"),
        help="Compute a metric by another definition: bleu=sacrebleu, rouge=stemmer; repeatable.",
    ),
]


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


def load(
    argument: str,
    options: Options,
    *,
    judging: JudgeOptions,
    confinement: Confinement,
    embedder: str | None = None,
    cache: Cache | None = None,
    dry: bool = False,
) -> Grader:
    """Compile the grader that an argument names; print its warnings and hints, and who embeds.

    A `dry` grader asks its judge nothing.
    """
    document = read_document(argument)
    asking = replace(judging.asking(), dry=dry)
    grader = compile_document(
        document,
        judge=judging.judge,
        embedder=embedder,
        cache=cache,
        asking=asking,
        confinement=confinement,
        options=options,
    )
    say_each("warning", grader.warnings)
    say_each("hint", grader.hints)
    if grader.embedder is not None:
        identity = grader.embedder["identity"]
        say("note", f"embedded by {identity}; scores and thresholds do not carry over to other embedders")
    if grader.confinement is not None and grader.confinement.level != "full":
        level = grader.confinement.level
        say("warning", f"sources run at sandbox level {level}: {_LACKS[level]}")
    return grader


_LACKS = {
    "reduced": "they can see which files exist, how large they are and when they changed",
    "none": "nothing keeps them from this machine",
}
