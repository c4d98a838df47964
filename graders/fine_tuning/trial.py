"""A grader, tried on samples and probes: signal, repeatability, time and money.

Design: failed grades count 0, as the service counts them; what nobody was asked about does not count.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from graders.compile import Findings, Grader
from graders.fine_tuning.answers import (
    Answers,
    add_sample_findings,
    items_of,
    read_answers,
    text_of,
)
from graders.fine_tuning.files import FileReport
from graders.fine_tuning.findings import Collected
from graders.fine_tuning.grading import Graded, grade, kinds_in
from graders.fine_tuning.job import CheckedJob
from graders.fine_tuning.plans import Grading, Probes, Sampling
from graders.fine_tuning.probing import Prober
from graders.fine_tuning.projection import Projection, project
from graders.fine_tuning.ranges import range_of
from graders.fine_tuning.references import candidates
from graders.fine_tuning.repeats import Repeatability, measure_repeats
from graders.fine_tuning.signal import LONGEST_EXAMPLE, Disagreement, Signal, add_signal_findings, measure
from graders.sampling import Sampler, SampleRequest, repetitions

_JUDGED_ITEMS, _PYTHON_ITEMS, _MOST_ITEMS = 10, 200, 2000
_REPEATED = {"judge": 20, "python": 50}
_SLOW_SECONDS = 3600.0
_ANYTHING = "I do not know: 0"
"""An answer that costs as much to grade as another, where there are no samples."""


@dataclass(frozen=True)
class Trial:
    """A grader, tried on samples and probes."""

    found: Collected
    checked: CheckedJob
    findings: Findings
    grader: Grader
    grading: Grading
    sampling: Sampling
    probes: Probes
    train: Path
    report: FileReport
    on_stage: Callable[[str], None]

    def run(self) -> dict[str, Any]:
        """Measure signal, probes, repeatability, time and money.

        Of the training file only the rows that are graded are held.
        """
        answers = self._answers()
        numbers = self._chosen()
        every = items_of(self.train, {*numbers, *(answers.rows if answers else ())})
        chosen = {number: every[number] for number in numbers}
        graded = None
        if answers is not None and len(answers):
            self.on_stage(f"grading {len(answers):,} samples")
            graded = grade(self.grader, [every[row] for row in answers.rows], answers.samples)
        signal = None if answers is None or graded is None else self._signal(every, answers, graded)
        self.on_stage(f"trying probes on {len(chosen):,} items")
        return {
            "signal": signal,
            "probing": self._prober(chosen, answers, signal).run(self.found),
            "repeatability": self._repeats(every, answers, chosen),
            "projection": self._projection(graded, answers, chosen),
            "sampling": None if answers is None else answers.account,
            "judging": None if self.grader.pool is None else self.grader.pool.account(),
        }

    @property
    def _kinds(self) -> set[str]:
        return kinds_in(self.checked.grader_document)

    @property
    def _is_judged(self) -> bool:
        return bool(self._kinds & {"score_model", "label_model"})

    def _signal(self, every: Mapping[int, Any], answers: Answers, graded: Graded) -> Signal | None:
        for detail, count in graded.unasked.items():
            self.found.say("not_graded", f"{count:,} grades: {detail}")
        if not graded.counted.any():
            return None
        reach = range_of(self.checked.grader_document)
        signal = measure(self.grader, answers, graded, reach, self._batch_size())
        signal = replace(
            signal, disagreements=tuple(map(partial(self._explained, every), signal.disagreements))
        )
        add_signal_findings(self.found, signal)
        return signal

    def _explained(self, every: Mapping[int, Any], found: Disagreement) -> Disagreement:
        """Add the right answer, as far as the grader or the item says it."""
        listed = candidates(self.findings, [every[found.row]], self.probes.reference)
        right = listed[0].texts[0] if listed else None
        return replace(found, right=None if right is None else right[-LONGEST_EXAMPLE:])

    def _prober(self, chosen: Mapping[int, Any], answers: Answers | None, signal: Signal | None) -> Prober:
        return Prober(
            self.grader,
            self.findings,
            chosen,
            _one_each(answers) if answers else {},
            None if signal is None else signal.reward["mean"],
            range_of(self.checked.grader_document),
            self._is_judged,
            self.probes.reference,
            self.probes.seed,
        )

    def _batch_size(self) -> int | None:
        method = self.checked.document["method"]["reinforcement"]
        size = (method.get("hyperparameters") or {}).get("batch_size")
        return size if type(size) is int else None

    def _answers(self) -> Answers | None:
        if self.sampling.path is not None:
            answers = read_answers(self.sampling.path, self.train, self.sampling.joining)
        elif self.sampling.sampler is not None:
            answers = self._sampled(self.sampling.sampler)
        else:
            self.found.say("samples_absent", "neither samples nor a model to sample from is named")
            return None
        add_sample_findings(self.found, answers, self.report.numbers, self.sampling.joining)
        return answers

    def _sampled(self, sampler: Sampler) -> Answers:
        """Ask a model for samples of the items, or of some that are drawn."""
        plan = self.sampling
        numbers = _drawn(self.report.numbers, plan.items, self.probes.seed)
        rows = items_of(self.train, set(numbers))
        numbers = [number for number in numbers if _is_askable(rows[number].get("messages"))]
        form = self.checked.document["method"]["reinforcement"].get("response_format")
        requests = [
            each
            for number in numbers
            for each in repetitions(
                SampleRequest(
                    rows[number]["messages"],
                    rows[number].get("tools"),
                    form,
                    temperature=plan.temperature,
                    max_tokens=plan.max_tokens,
                    seed=plan.seed,
                ),
                plan.k,
            )
        ]
        self.on_stage(f"asking {sampler.model} for {len(requests):,} samples")
        answers, failed = Answers(), Counter[str]()
        for index, outcome in enumerate(sampler.sample(requests)):
            if outcome.sample is not None:
                answers.add(numbers[index // plan.k], outcome.sample)
            elif outcome.failure is not None:
                failed[outcome.failure.detail] += 1
        answers.failed, answers.account = failed, sampler.account()
        return answers

    def _chosen(self) -> list[int]:
        """Draw the numbers of the items that probes are tried on."""
        usual = _PYTHON_ITEMS if "python" in self._kinds else _MOST_ITEMS
        usual = _JUDGED_ITEMS if self._is_judged else usual
        return _drawn(self.report.numbers, self.probes.items or usual, self.probes.seed)

    def _repeats(
        self, every: Mapping[int, Any], answers: Answers | None, chosen: Mapping[int, Any]
    ) -> Repeatability | None:
        """Grade some samples twice; without samples, the prompts of some items."""
        if not (self._is_judged or "python" in self._kinds):
            return None
        most = _REPEATED["judge" if self._is_judged else "python"]
        if answers:
            picked = _drawn(list(range(len(answers))), most, self.probes.seed)
            items = [every[answers.rows[each]] for each in picked]
            return measure_repeats(self.grader, items, [answers.samples[each] for each in picked], self.found)
        items = list(chosen.values())[:most]
        return measure_repeats(self.grader, items, [_ANYTHING] * len(items), self.found)

    def _projection(
        self, samples: Graded | None, answers: Answers | None, chosen: Mapping[int, Any]
    ) -> Projection | None:
        k = None
        if samples is None or answers is None:
            items = list(chosen.values())
            samples = grade(self.grader, items, [_ANYTHING] * len(items))
        else:
            k = max(1, round(len(answers) / len(set(answers.rows))))
        epochs, prices = self.checked.n_epochs, self.grading.prices
        projection = project(samples, self.report.rows, epochs, k, prices)
        if projection is not None and projection.seconds > _SLOW_SECONDS:
            hours = projection.seconds / 3600
            self.found.say(
                "slow_grader", f"{projection.grades:,} grades take about {hours:.1f} h as fast as here"
            )
        return projection


def _drawn(numbers: Sequence[int], most: int | None, seed: int) -> list[int]:
    if most is None or len(numbers) <= most:
        return list(numbers)
    return sorted(Random(seed).sample(numbers, most))


def _is_askable(messages: object) -> bool:
    return (
        isinstance(messages, list) and bool(messages) and all(isinstance(each, Mapping) for each in messages)
    )


def _one_each(answers: Answers) -> dict[int, str]:
    """Give the text of the first sample of each item."""
    texts: dict[int, str] = {}
    for row, sample in zip(answers.rows, answers.samples, strict=True):
        texts.setdefault(row, text_of(sample))
    return texts
