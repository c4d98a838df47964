"""Options that several commands share, as groups; a group is a dataclass with one field an option."""

import functools
import inspect
import math
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from graders.cache import Cache
from graders.cli.console import say
from graders.endpoints.limits import Limits
from graders.judges.asking import Asking
from graders.judges.spec import FORM
from graders.results import Price
from graders.sandbox.confinement import Confinement


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Let a parameter that is a group of options stand for the options in it."""
    signature, hints = inspect.signature(command), get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        added = _options_of(groups[name]) if name in groups else [parameter.replace(annotation=hints[name])]
        parameters += [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in added]

    @functools.wraps(command)
    def parsed(**given: Any) -> None:
        made = {
            name: group(**{each.name: given.pop(each.name) for each in fields(group)})
            for name, group in groups.items()
        }
        command(**given, **made)

    del parsed.__wrapped__  # its signature is not ours any more
    parsed.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    parsed.__annotations__ = {each.name: each.annotation for each in parameters}
    return parsed


def _options_of(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if each.default is MISSING else each.default,
            annotation=hints[each.name],
        )
        for each in fields(group)
    ]


def refuse_without(needed: str, metavar: str, options: object, *names: str) -> None:
    """Refuse options of a group that say nothing where another one of it, `needed`, is not given."""
    for name in names:
        if getattr(options, name) not in (None, []) and getattr(options, needed) is None:
            given, other = (each.replace("_", "-") for each in (name, needed))
            raise typer.BadParameter(f"--{given} needs --{other} {metavar}")


def finite(value: float | None) -> float | None:
    """Refuse an option that is no finite number."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"expected a finite number; got {value!r}")
    return value


def _positive(value: float) -> float:
    if not 0 < value < math.inf:
        raise typer.BadParameter(f"expected a finite number of seconds above 0; got {value!r}")
    return value


def pairs(form: str) -> Callable[[list[str] | None], list[str]]:
    """Make a check that every text of an option has two parts, such as those of `form`."""

    def checked(texts: list[str] | None) -> list[str]:
        for text in texts or ():
            if not all(text.partition("=")):
                raise typer.BadParameter(f"expected {form}; got {text!r}")
        return texts or []

    return checked


def by_name(texts: list[str] | None) -> dict[str, str]:
    """Give the second part of each pair by the first."""
    return {name: value for name, _, value in (text.partition("=") for text in texts or ())}


def _prices(texts: list[str] | None) -> list[str]:
    for text in texts or ():
        try:
            Price.parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    return texts or []


@dataclass(frozen=True)
class CacheOptions:
    """What is kept, and where."""

    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where replies and embeddings are kept [default: this user's cache folder]."
        ),
    ] = None
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Keep nothing, and ask anew for what was kept.")
    ] = False
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask anew for what was kept, and keep the new answers.")
    ] = False

    def named(self) -> Cache:
        """Give the cache that the options name; trouble with it is one warning on stderr.

        Without a cache, what a run has asked is still known until the run ends.
        """
        if self.no_cache and (self.cache is not None or self.refresh):
            other = "--refresh" if self.refresh else "--cache"
            raise typer.BadParameter(f"{other} and --no-cache exclude each other")
        warn = partial(say, "warning")
        if self.no_cache:
            return Cache.forgetful(on_problem=warn)
        return Cache(self.cache, refresh=self.refresh, on_problem=warn)


@dataclass(frozen=True)
class JudgeOptions:
    """Who answers for model graders, and how much is asked."""

    judge: Annotated[
        str | None,
        typer.Option(
            metavar=FORM,
            help="Who answers for score_model and label_model, such as openai, openai:MODEL@BASE_URL, azure, "
            "scripted:FILE or replay:FILE.",
        ),
    ] = None
    map_model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOC=MODEL",
            callback=pairs("DOC=MODEL, such as gpt-4o=qwen3:8b"),
            help="Ask MODEL where the document names DOC; repeatable, not together with a judge's MODEL.",
        ),
    ] = None
    concurrency: Annotated[
        int, typer.Option(min=1, metavar="N", help="The most requests on their way at once.")
    ] = Limits.concurrency
    judge_timeout: Annotated[
        float, typer.Option(metavar="SECONDS", callback=_positive, help="The time of one request.")
    ] = Limits.seconds
    judge_retries: Annotated[
        int, typer.Option(min=0, metavar="N", help="How often a request that failed is made again.")
    ] = Limits.retries
    max_judge_calls: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Stop, resumable, before this command makes more requests."),
    ] = None
    max_tokens_total: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Stop, resumable, when this command has used so many tokens."),
    ] = None
    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write every reply down, for --judge replay:FILE."),
    ] = None
    media_root: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            exists=True,
            file_okay=False,
            help="Read pictures and sounds that a prompt names by a path below this folder.",
        ),
    ] = None

    def asking(self) -> Asking:
        """Give the limits, other names of models, and the file to record in."""
        limits = Limits(
            self.concurrency,
            self.judge_timeout,
            self.judge_retries,
            self.max_judge_calls,
            self.max_tokens_total,
        )
        return Asking(limits, by_name(self.map_model), self.record)


class Level(StrEnum):
    """How much stands between a source and this machine."""

    full = "full"
    reduced = "reduced"
    none = "none"


class Isolation(StrEnum):
    """What rows share."""

    row = "row"
    worker = "worker"


@dataclass(frozen=True)
class SandboxOptions:
    """Where the sources of python graders run."""

    sandbox: Annotated[
        Level,
        typer.Option(help="What confines the sources of python graders; none is for sources that you trust."),
    ] = Level.full
    isolation: Annotated[
        Isolation,
        typer.Option(help="A process for each row, or for many: faster, but rows can disturb each other."),
    ] = Isolation.row
    python_timeout: Annotated[
        float, typer.Option(metavar="SECONDS", callback=_positive, help="The time of one row.")
    ] = Confinement.seconds
    sandbox_python: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            exists=True,
            dir_okay=False,
            help="The interpreter that runs the sources, such as one with the packages of the hosted image.",
        ),
    ] = None

    def confinement(self, workers: int | None = None) -> Confinement:
        """Say where sources run, in how many processes at once."""
        chosen = Confinement(
            self.sandbox.value, self.isolation.value, self.python_timeout, python=self.sandbox_python
        )
        return chosen if workers is None else replace(chosen, workers=workers)


PriceOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="MODEL=IN,OUT",
        callback=_prices,
        help="What a model costs, in US dollars for a million tokens of prompts and of completions; "
        "repeatable.",
    ),
]
