"""`graders show`: single rows of a run, with what the grader saw."""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from graders.batch import MISSING
from graders.cli.console import JsonOption, harmless, out, print_json
from graders.cli.exits import exit_codes
from graders.compile import RenderedField, render_row
from graders.config.problems import did_you_mean
from graders.engine import whole_rows
from graders.errors import Failure
from graders.registry import default_registry
from graders.results import Condition, Results

if TYPE_CHECKING:
    from graders.report.differences import Change

_LONGEST, _MOST_ROWS = 4000, 10
"""Most characters of one text that are printed, and rows where nobody says."""


def _conditions(texts: list[str] | None) -> list[str]:
    for text in texts or ():
        try:
            Condition.parse(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    return texts or []


def show(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    row: Annotated[list[int] | None, typer.Option(min=0, metavar="N", help="The row N; repeatable.")] = None,
    worst: Annotated[int | None, typer.Option(min=1, metavar="N", help="The N rows of least reward.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Rows that have errors.")] = False,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="CONDITION", callback=_conditions, help="Rows such as reward<0.2; repeatable."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="At most N rows [default: 10, or all that --row names]."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show rows of a run: rewards, errors, and the texts that the grader compared.

    Several options narrow each other down; without any, the first rows are shown.
    """
    with exit_codes():
        results = Results.open(run)
        conditions = [Condition.parse(text) for text in where or ()]
        unmet = _Unmet(conditions)
        rows = _selected(unmet.noting(whole_rows(results)), set(row or ()), errors, conditions)
        if worst:
            scored = (line for line in rows if line["reward"] is not None)
            rows = iter(heapq.nsmallest(worst, scored, key=lambda line: line["reward"]))
        document = results.about["grader"]["document"]
        most = limit or worst or (None if row else _MOST_ROWS)
        shown = [(line, _rendered(document, line)) for line in islice(rows, most)]
        if as_json:
            print_json({"rows": [{**line, "rendered": _as_dicts(fields)} for line, fields in shown]})
            return
        console = out()
        for line, fields in shown:
            _print_row(console, line, fields)
        if not shown:
            console.print(Text(harmless("; ".join(["no such row", *unmet.told()]))))


class _Unmet:
    """Which paths of conditions lead nowhere in every row: such a condition is likely misspelt."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._paths = {each.path for each in conditions}
        self._known: dict[str, None] = {}

    def noting(self, lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for line in lines:
            if self._paths:
                self._paths = {path for path in self._paths if path.resolve(line) is MISSING}
                self._known.update(dict.fromkeys([*line, *(f"item.{name}" for name in line["item"] or ())]))
            yield line

    def told(self) -> list[str]:
        paths = sorted(path.text for path in self._paths)
        return [f"no row has {path}{did_you_mean(path, self._known)}" for path in paths]


def _selected(
    rows: Iterable[dict[str, Any]], numbers: set[int], errors: bool, conditions: Sequence[Condition]
) -> Iterator[dict[str, Any]]:
    for line in rows:
        named = not numbers or line["row"] in numbers
        if named and (line["errors"] or not errors) and all(each.holds(line) for each in conditions):
            yield line


def _rendered(document: object, line: Mapping[str, Any]) -> list[RenderedField]:
    if line["item"] is None:
        return []
    return list(render_row(document, default_registry(), line["item"], line["sample"]))


def _as_dicts(fields: Iterable[RenderedField]) -> list[dict[str, Any]]:
    return [
        {
            "grader": field.grader,
            "field": field.field,
            "text": None if isinstance(field.text, Failure) else field.text,
        }
        for field in fields
    ]


def _print_row(console: Console, line: Mapping[str, Any], fields: Sequence[RenderedField]) -> None:
    verdict = {True: ", passed", False: ", not passed", None: ""}[line["passed"]]
    number = f"row {line['row']}" + (f" sample {line['sample_index']}" if "sample_index" in line else "")
    name = "" if line["id"] == line["row"] else f" (id {harmless(str(line['id']))})"
    console.print(Text(f"{number}{name}: reward {_reward(line['reward'])}{verdict}", style="bold"))
    for key, reward in line["sub_rewards"].items():
        console.print(Text(f"  {harmless(key)}: {_reward(reward)}"))
    for error in line["errors"]:
        text = f"  {error['grader']}: {error['code']}: {error['detail']}"
        console.print(Text(harmless(text, limit=_LONGEST), style="red"))
    for key in dict.fromkeys(field.grader for field in fields):
        _print_texts(console, key, {field.field: field.text for field in fields if field.grader == key})
    for trace in line.get("traces", ()):
        _print_trace(console, trace)
    console.print()


def _reward(reward: float | None) -> str:
    return "none" if reward is None else f"{reward:.4f}"


def _print_texts(console: Console, key: str, texts: Mapping[str, str | Failure]) -> None:
    prefix = f"{key} " if key else ""
    for field, text in texts.items():
        if not isinstance(text, Failure):
            console.print(Text(harmless(f"  {prefix}{field}:"), style="dim"))
            console.print(Text(_indented(text)))
    given, reference = texts.get("input"), texts.get("reference")
    if isinstance(given, str) and isinstance(reference, str) and given != reference:
        from graders.report.differences import differences  # a template engine comes with it

        changes = differences(reference[:_LONGEST], given[:_LONGEST])
        if changes is not None:
            console.print(
                Text(harmless(f"  {prefix}[-only in reference-] {{+only in input+}}:"), style="dim")
            )
            console.print(_difference(changes))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in harmless(text, limit=_LONGEST).split("\n"))


def _difference(changes: "Iterable[Change]") -> Text:
    """Mark the words that only one of the two texts has."""
    shown = Text("    ")
    for kind, words in changes:
        text = harmless(words, limit=_LONGEST)
        if kind == "del":
            shown.append(f"[-{text}-]".replace("\n", "⏎"), style="red")
        elif kind == "ins":
            shown.append(f"{{+{text}+}}".replace("\n", "⏎"), style="green")
        else:
            shown.append(text.replace("\n", "\n    "))
    return shown


def _print_trace(console: Console, trace: Mapping[str, Any]) -> None:
    console.print(Text(harmless(f"  {trace['grader']} judged by {trace['model']}:"), style="dim"))
    for step in trace.get("steps") or ():
        console.print(Text(_indented(f"{step['description']}: {step['conclusion']}")))
    console.print(Text(_indented(f"result: {trace.get('result')}")))
