"""What the fixtures of the pytest plugin do: grade a row, and say why its reward is too low."""

import difflib
from collections.abc import Callable, Iterator
from typing import Any

from graders.batch import Item, Sample
from graders.compile import Grader, load_grader, read_source, render_row
from graders.compile.source import Source
from graders.errors import ConfigError, Failure
from graders.facts import number
from graders.registry import default_registry
from graders.scores import Grade
from graders.strict_json import dumps

_LONGEST = 2000
"""Most letters of one text that a message shows."""

Noted = list[dict[str, Any]]
"""What a test graded, as JSON values."""


class Bench:
    """Graders as tests name them, each made once in a session; `judge` answers where a document asks one."""

    def __init__(self, judge: str | None = None) -> None:
        self._judge = judge
        self._made: dict[bytes, Grader] = {}

    def grader_of(self, grader: Grader | Source) -> Grader:
        """Give a grader, made of its document where it is none yet.

        Raises:
            ConfigError: the document cannot be used.
        """
        __tracebackhide__ = True
        if isinstance(grader, Grader):
            return grader
        try:
            document = read_source(grader)
            key = dumps(document)
            if key not in self._made:
                self._made[key] = load_grader(document, judge=self._judge)
        except ConfigError as error:
            raise error.with_traceback(None) from None  # our own frames tell the author of a test nothing
        return self._made[key]

    def grade_for(self, noted: Noted) -> Callable[..., Grade]:
        """Make the `grade` of one test."""

        def grade(grader: Grader | Source, item: Item | None = None, sample: Sample = None) -> Grade:
            graded = self.grader_of(grader).grade(item, sample)
            noted.append(_note(graded, too_low=False))
            return graded

        return grade

    def assert_for(self, noted: Noted) -> Callable[..., Grade]:
        """Make the `assert_grade` of one test."""

        def assert_grade(
            grader: Grader | Source,
            item: Item | None = None,
            sample: Sample = None,
            *,
            at_least: float | None = None,
        ) -> Grade:
            __tracebackhide__ = True
            made = self.grader_of(grader)
            least = made.pass_threshold if at_least is None else at_least
            if least is None:
                raise ValueError(f"{made.name}: no threshold is known; name one with at_least")
            graded = made.grade(item, sample)
            too_low = graded.reward is not None and graded.reward < least
            noted.append(_note(graded, too_low=too_low))
            if too_low or graded.reward is None:
                raise AssertionError("\n".join(_complaint(made, graded, item or {}, sample, least)))
            return graded

        return assert_grade


def _note(grade: Grade, *, too_low: bool) -> dict[str, Any]:
    return {"name": grade.name, "reward": grade.reward, "too_low": too_low}


def _complaint(grader: Grader, grade: Grade, item: Item, sample: Sample, least: float) -> Iterator[str]:
    if grade.reward is None:
        yield f"{grade.name} gives no reward, so not {least:g} or more"
    else:
        yield f"{grade.name} gives {grade.reward:.4f}, expected {least:g} or more"
    for key, reward in grade.sub_rewards.items():
        yield f"  {key}: {number(reward)}"
    for error in grade.errors:
        yield f"  {error.grader}: {error.code.name}: {error.detail}"
    for trace in grade.traces:
        yield f"  {trace['grader']}: {trace['model']} answers {trace['result']}"
        for step in trace["steps"] or ():
            yield f"    {step['description']} → {step['conclusion']}"
    yield from _compared(grader, item, sample)


def _compared(grader: Grader, item: Item, sample: Sample) -> Iterator[str]:
    """Show what every pair of texts that was compared differs in, each pair once."""
    texts: dict[str, dict[str, str]] = {}
    for field in render_row(grader.document, default_registry(), item, sample):
        if not isinstance(field.text, Failure):
            texts.setdefault(field.grader, {})[field.field] = field.text[:_LONGEST]
    pairs: dict[tuple[str, str], list[str]] = {}
    for key, fields in texts.items():
        if "input" in fields and "reference" in fields and fields["input"] != fields["reference"]:
            pairs.setdefault((fields["reference"], fields["input"]), []).append(key or grader.name)
    for (reference, given), keys in pairs.items():
        yield f"  {', '.join(keys)} (- reference, + input):"
        for line in difflib.ndiff(reference.splitlines(), given.splitlines()):
            yield f"    {line.rstrip()}"
