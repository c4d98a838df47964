"""Let a grader meet every probe, and judge what it pays for them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

import numpy as np

from graders.batch import Item, Path
from graders.compile import Findings, Grader
from graders.fine_tuning.answers import prompt_of
from graders.fine_tuning.findings import Collected
from graders.fine_tuning.grading import Graded, grade
from graders.fine_tuning.kinds import Severity
from graders.fine_tuning.probes import PROBES, REFERENCE, Case, Probe, base_of
from graders.fine_tuning.ranges import Range
from graders.fine_tuning.references import Candidate, candidates, reads_json, reads_text
from graders.fine_tuning.signal import bounds

_HINTS = {probe.name: probe.hint for probe in PROBES}
_MOST_LABELS, _ROWS_A_LABEL = 20, 3
_LEAST_GAIN = 0.05
_NOTHING = 0.1
_JUDGED_CANDIDATES = 2
_LONGEST_EXAMPLE = 120


@dataclass(frozen=True)
class ProbeResult:
    """What a probe earned on so many items; `base` is what it is compared with."""

    name: str
    expected: str
    items: int
    mean: float
    base: float | None
    verdict: str
    item: int
    """The number of the row of the example: the item on which the probe earned most."""
    example: str
    reward: float

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        return asdict(self)


@dataclass(frozen=True)
class Probing:
    """All probes; `reference` names what was taken for right answers, `honest` is what samples earn."""

    results: tuple[ProbeResult, ...]
    reference: str | None
    honest: float | None
    grades: int

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        results = [each.to_dict() for each in self.results]
        return {
            "reference": self.reference,
            "honest": self.honest,
            "grades": self.grades,
            "probes": results,
        }


@dataclass(frozen=True)
class Standard:
    """What probes are held against; None is what nobody knows. `known` tells whether the range is."""

    floor: float
    ceiling: float
    reference: float | None
    honest: float | None
    known: bool

    def bar(self) -> float:
        """Give the reward from which on a wrong answer is paid."""
        width = self.ceiling - self.floor
        bars = [] if self.honest is None else [max(self.honest, self.floor + _LEAST_GAIN * width)]
        if self.reference is not None and self.reference > self.floor:
            bars.append(self.floor + (self.reference - self.floor) / 2)
        return min(bars, default=self.floor + width / 2)


@dataclass(frozen=True)
class Prober:
    """What probes need to know: the grader, and the items that they are tried on."""

    grader: Grader
    findings: Findings
    items: Mapping[int, Item]
    honest: Mapping[int, str]
    """A sample of some items."""
    honest_mean: float | None
    reach: Range | None
    judged: bool
    named: Path | None = None
    seed: int = 0

    def run(self, found: Collected) -> Probing:
        """Grade every probe on every item to which it applies."""
        numbers = list(self.items)
        chosen, earned, grades = self._right_answers(list(self.items.values()))
        if chosen is not None and not chosen.sure and not self._pays(earned):
            chosen = earned = None  # a wrong guess
        if chosen is None:
            found.say("reference_unknown", "what a right answer would be is not known")
        cases = self._cases(numbers, chosen)
        graded = {probe: self._graded(probe, numbers, cases) for probe in PROBES}
        everything = [each[1].rewards for each in graded.values()]
        grades += sum(map(len, everything))
        low, high = bounds(self.reach, everything[1])
        highest = max([high, self.honest_mean or low, *(float(each.max(initial=low)) for each in everything)])
        standard = Standard(
            low, high if self.reach else highest, earned, self.honest_mean, self.reach is not None
        )
        results = [self._result(probe, *each, standard, cases) for probe, each in graded.items() if each[0]]
        self._add(found, results, chosen, standard)
        name = None if chosen is None else chosen.name
        return Probing(tuple(results), name, self.honest_mean, grades)

    def _right_answers(self, items: Sequence[Item]) -> tuple[Candidate | None, float | None, int]:
        """Give the candidate that earns most, and what it earns."""
        best: Candidate | None = None
        highest, grades = None, 0
        if not reads_text(self.findings):
            return None, None, 0
        listed = candidates(self.findings, items, self.named)
        for candidate in listed[:_JUDGED_CANDIDATES] if self.judged else listed:
            pairs = [(item, text) for item, text in zip(items, candidate.texts, strict=True) if text]
            graded = grade(self.grader, [item for item, _ in pairs], [text for _, text in pairs])
            grades += len(pairs)
            if graded.mean is not None and (highest is None or graded.mean > highest):
                best, highest = candidate, graded.mean
        return best, highest, grades

    def _pays(self, earned: float | None) -> bool:
        low, high = bounds(self.reach, np.zeros(1))
        return earned is not None and earned > low + _NOTHING * (high - low)

    def _cases(self, numbers: Sequence[int], chosen: Candidate | None) -> list[Case]:
        texts: Sequence[str | None] = [None] * len(numbers) if chosen is None else chosen.texts
        values = [None] * len(numbers) if chosen is None or chosen.values is None else chosen.values
        distinct = sorted({text for text in texts if text})
        few = 2 <= len(distinct) <= min(_MOST_LABELS, len(numbers) // _ROWS_A_LABEL)
        labels = distinct if few else None
        wants_json, random = reads_json(self.findings), Random(self.seed)
        return [
            Case(
                prompt_of(self.items[number]),
                text,
                _others(distinct, text, random),
                self.honest.get(number),
                labels,
                value,
                wants_json,
            )
            for number, text, value in zip(numbers, texts, values, strict=True)
        ]

    def _graded(
        self, probe: Probe, numbers: Sequence[int], cases: Sequence[Case]
    ) -> tuple[list[int], Graded, list[str], float | None]:
        """Give the indexes of the cases that a probe applies to, their rewards, the texts, and the base."""
        made = [(index, text) for index, case in enumerate(cases) if (text := probe.make(case)) is not None]
        items = [self.items[numbers[index]] for index, _ in made]
        graded = grade(self.grader, items, [text for _, text in made])
        base = None
        if probe.expected == "no gain" and made:
            base = grade(self.grader, items, [base_of(cases[index]) for index, _ in made]).mean
        return [index for index, _ in made], graded, [text for _, text in made], base

    def _result(
        self,
        probe: Probe,
        indexes: Sequence[int],
        graded: Graded,
        texts: Sequence[str],
        base: float | None,
        standard: Standard,
        cases: Sequence[Case],
    ) -> ProbeResult:
        mean = graded.mean or 0.0
        most = int(graded.rewards.argmin() if probe.expected == "high" else graded.rewards.argmax())
        held = {"low": standard.honest, "high": standard.honest, "shown": standard.reference}
        base = held.get(probe.expected, base)
        verdict = _verdict(probe, mean, base, standard)
        number = list(self.items)[indexes[most]]
        example, reward = _shortened(texts[most]), float(graded.rewards[most])
        return ProbeResult(
            probe.name, probe.expected, len(texts), mean, base, verdict, number, example, reward
        )

    def _add(
        self,
        found: Collected,
        results: Sequence[ProbeResult],
        chosen: Candidate | None,
        standard: Standard,
    ) -> None:
        for result in results:
            shown = f"{result.name!r} earns {result.mean:.3f} on average"
            if result.verdict == "pays":
                bar = f"honest samples earn {standard.honest:.3f}" if standard.honest is not None else ""
                right = (
                    f"the reference earns {standard.reference:.3f}" if standard.reference is not None else ""
                )
                beside = "; ".join(each for each in (bar, right) if each)
                silent = result.name == "empty answer" and result.mean >= max(
                    standard.honest or 0.0, (standard.reference or 0.0) * 0.9
                )
                message = shown + (f" ({beside}): " if beside else ": ") + _HINTS[result.name]
                found.say("silence_pays" if silent else "probe_pays", message)
            elif result.verdict == "gains":
                found.say(
                    "probe_pays", f"{shown}, the answer itself {result.base:.3f}: {_HINTS[result.name]}"
                )
            elif result.verdict == "broken" and chosen is not None:
                nothing = standard.floor + _NOTHING * (standard.ceiling - standard.floor)
                severity: Severity = "error" if chosen.sure and result.mean <= nothing else "warning"
                found.say("reference_low", f"{shown} (taken from {chosen.name})", severity)


def _shortened(text: str) -> str:
    """Cut the middle of a long text out: what probes change stands at either end."""
    if len(text) <= _LONGEST_EXAMPLE:
        return text
    return f"{text[: _LONGEST_EXAMPLE // 2]} … {text[-_LONGEST_EXAMPLE // 2 :]}"


def _others(distinct: Sequence[str], text: str | None, random: Random) -> list[str]:
    """Choose right answers of other items."""
    others = random.sample(distinct, min(3, len(distinct)))
    return [each for each in others if each != text][:2]


def _verdict(probe: Probe, mean: float, base: float | None, standard: Standard) -> str:
    width = standard.ceiling - standard.floor
    if probe.expected == "low":
        return "pays" if width > 0 and mean >= standard.bar() and mean > standard.floor else "ok"
    if probe.expected == "no gain":
        return "gains" if base is not None and mean > base + _LEAST_GAIN * width else "ok"
    if probe is REFERENCE:
        low = mean < standard.floor + width / 2 or (width <= 0 and not standard.known)
        worse = standard.honest is not None and mean < standard.honest - _LEAST_GAIN * width
        return "broken" if low or worse else "ok"
    return f"keeps {mean / base:.0%}" if base else "shown"
