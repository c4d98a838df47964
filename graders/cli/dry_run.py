"""`graders dry-run`: what a fine-tuning job would hit, before it is submitted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from graders.batch import Path as ValuePath
from graders.cli.console import JsonOption, err, out, print_json, say
from graders.cli.documents import read_document
from graders.cli.dry_run_tables import print_dry_run
from graders.cli.exits import UNUSABLE, exit_codes
from graders.cli.options import (
    CacheOptions,
    JudgeOptions,
    PriceOption,
    SandboxOptions,
    expanded,
    refuse_without,
)
from graders.compile import Options
from graders.engine import field_path, group_path
from graders.errors import DataError
from graders.fine_tuning import DryRun, Grading, Joining, Probes, Sampling, dry_run
from graders.results import Price, write_whole
from graders.sampling import Sampler
from graders.strict_json import dumps


def _path(text: str | None) -> str | None:
    try:
        _value_path(text)
    except DataError as error:
        raise typer.BadParameter(str(error)) from None
    return text


@dataclass(frozen=True)
class SampleOptions:
    """Where samples of the model come from."""

    samples: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help='Samples of the model, a line an item: {"item" or "item_id": ..., "samples": [...]}.',
        ),
    ] = None
    id_field: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="The field of both files that says whose samples they are."),
    ] = None
    label: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            callback=_path,
            help="Whether a sample is good, such as sample.is_correct: the reward is compared with it.",
        ),
    ] = None
    sample_with: Annotated[
        str | None,
        typer.Option(metavar="MODEL[@BASE_URL]", help="Ask this model for samples, by chat completions."),
    ] = None
    k: Annotated[int, typer.Option("-k", min=1, metavar="N", help="Samples an item.")] = 4
    sample_items: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Ask for samples of N items only, drawn by --seed.")
    ] = None
    sample_temperature: Annotated[
        float | None, typer.Option(min=0, metavar="X", help="The temperature of samples.")
    ] = None
    sample_tokens: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The most tokens of a sample.")
    ] = None
    sample_seed: Annotated[
        int | None, typer.Option(metavar="N", help="The seed of an item's first sample; the next has N + 1.")
    ] = None

    def check(self) -> None:
        """Refuse what does not go together."""
        if self.samples is not None and self.sample_with is not None:
            raise typer.BadParameter("--samples and --sample-with exclude each other")
        refuse_without("samples", "FILE", self, "id_field", "label")
        asked = ("sample_items", "sample_temperature", "sample_tokens", "sample_seed")
        refuse_without("sample_with", "MODEL", self, *asked)


@dataclass(frozen=True)
class ProbeOptions:
    """What the grader is tried with."""

    probe_items: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Items that probes are tried on [default: 10 judged, 200 python, 2000]."
        ),
    ] = None
    reference: Annotated[
        str | None,
        typer.Option(metavar="PATH", callback=_path, help="The right answer, such as item.solution."),
    ] = None
    seed: Annotated[int, typer.Option(metavar="N", help="Draws items, where not all are tried.")] = 0


@expanded
def dry_run_command(
    *,
    job: Annotated[
        str, typer.Argument(metavar="JOB", help="The body of the job: a .json file, or - for stdin.")
    ],
    train: Annotated[
        Path, typer.Argument(metavar="TRAIN", exists=True, dir_okay=False, help="The training file, .jsonl.")
    ],
    valid: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="The validation file, .jsonl."),
    ] = None,
    sampling: SampleOptions,
    probing: ProbeOptions,
    azure: Annotated[bool, typer.Option("--azure", help="Apply what Azure OpenAI takes.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where there are warnings, too.")
    ] = False,
    judging: JudgeOptions,
    price: PriceOption = None,
    confining: SandboxOptions,
    caching: CacheOptions,
    out_dir: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Write the report to this directory.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Try a fine-tuning job out before it is submitted: its body, its files, its grader.

    Exits with 1 where the job is not ready.
    """
    sampling.check()
    kept, prices = caching.named(), dict(map(Price.parse, price or ()))
    with exit_codes():
        asking = judging.asking()
        sampler = None
        if sampling.sample_with is not None:
            sampler = Sampler.from_spec(sampling.sample_with, limits=asking.limits, cache=kept)
        report = dry_run(
            read_document(job),
            train,
            valid=valid,
            sampling=_sampling(sampling, sampler),
            grading=Grading(
                judging.judge,
                kept,
                asking,
                confining.confinement(),
                Options(on_error="zero", media_root=judging.media_root),
                prices,
            ),
            probes=Probes(probing.probe_items, probing.seed, _value_path(probing.reference)),
            azure=azure,
            on_stage=_say_stage,
        )
        if as_json:
            print_json(report.to_dict())
        else:
            print_dry_run(out(), report)
        if out_dir is not None:
            say("written", str(_write(report, out_dir)))
        if report.verdict == "NOT READY" or (strict and report.verdict != "READY"):
            raise typer.Exit(UNUSABLE)


def _say_stage(stage: str) -> None:
    """Say on a terminal what takes time."""
    if err().is_terminal:
        say("note", stage)


def _value_path(text: str | None) -> ValuePath | None:
    return None if text is None else group_path(text)


def _sampling(options: SampleOptions, sampler: Sampler | None) -> Sampling:
    return Sampling(
        options.samples,
        Joining(field_path(options.id_field), _value_path(options.label)),
        sampler,
        options.k,
        options.sample_items,
        options.sample_temperature,
        options.sample_tokens,
        options.sample_seed,
    )


def _write(report: DryRun, folder: Path) -> Path:
    """Write the report as JSON and as a page; give where the page is."""
    from graders.fine_tuning.page import to_html  # a template engine, for this alone
    from graders.report import PAGE

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "dry_run.json", dumps(report.to_dict()).decode() + "\n")
    write_whole(folder / PAGE, to_html(report))
    return folder / PAGE
