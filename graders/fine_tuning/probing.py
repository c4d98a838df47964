"""Let a grader meet every probe, and judge what it pays for them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, NamedTuple

import numpy as np

from graders.batch import Item, Path
from graders.compile import Findings, Grader
from graders.fine_tuning.answers import prompt_of
from graders.fine_tuning.findings import Collected
from graders.fine_tuning.grading import Graded, grade
from graders.fine_tuning.kinds import Severity
from graders.fine_tuning.probes import EMPTY, PROBES, Case, Probe
from graders.fine_tuning.ranges import Range
from graders.fine_tuning.references import Candidate, answer_keys, candidates, item_paths, reads_text
from graders.fine_tuning.signal import bounds
from graders.fine_tuning.standards import Standard, verdict_of_probe

_HINTS = {probe.name: probe.hint for probe in PROBES}
_MOST_LABELS, _ROWS_A_LABEL = 20, 3
_NOTHING = 0.1
_JUDGED_CANDIDATES = 2
_LONGEST_EXAMPLE, _LONGEST_INLINE = 120, 60
_OF_THE_GRADER = ("python_grader_runtime_error", "python_grader_server_error", "other_error")
"""Failures that are the grader's own, whatever the answer is."""
_OF_THE_ROWS = "invalid_variable_error"
"""A failure that the variables of the rows explain."""


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
    right: str | None = None
    """The right answer to that item, as far as it is known."""

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


class _Tried(NamedTuple):
    """A probe on the cases to which it applies: their indexes, their texts, the rewards, and the base."""

    probe: Probe
    indexes: Sequence[int]
    texts: Sequence[str]
    graded: Graded
    base: float | None


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
        chosen, earned, grades = self._right_answers(list(self.items.values()))
        if chosen is None:
            read = reads_text(self.findings)
            why = "" if read else ": the grader reads more of the sample than a text, and probes are texts"
            found.say("reference_unknown", f"what a right answer would be is not known{why}")
        cases = self._cases(chosen)
        tried = [self._tried(probe, cases) for probe in PROBES]
        grades += sum(len(each.texts) for each in tried)
        self._add_failures(found, tried)
        standard = self._standard(tried, chosen, earned)
        results = [self._result(each, standard, cases) for each in tried if each.graded.counted.any()]
        self._add(found, results, chosen, standard)
        name = None if chosen is None else chosen.name
        return Probing(tuple(results), name, self.honest_mean, grades)

    def _right_answers(self, items: Sequence[Item]) -> tuple[Candidate | None, float | None, int]:
        """Give the candidate that earns most, what it earns, and how many grades that took."""
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
        if best is not None and not best.sure and not self._pays(highest, best):
            return None, None, grades  # a wrong guess
        return best, highest, grades

    def _pays(self, earned: float | None, candidate: Candidate) -> bool:
        low, high = bounds(self.reach, np.full(1, float(candidate.guessed)))
        least = 0.5 if candidate.guessed else _NOTHING
        return earned is not None and earned > low + least * (high - low)

    def _cases(self, chosen: Candidate | None) -> list[Case]:
        chosen = chosen or Candidate("", [None] * len(self.items))
        keys, random = answer_keys(self.findings), Random(self.seed)
        texts, words = (_distinct(each) for each in (chosen.texts, chosen.words))
        few = 2 <= len(words) <= min(_MOST_LABELS, len(self.items) // _ROWS_A_LABEL)
        syntax = " ".join(f"{{{{{path.text}}}}}" for path in item_paths(self.findings))
        return [
            Case(
                prompt_of(item),
                text,
                word,
                _others(texts, text, random),
                _others(words, word, random),
                self.honest.get(number),
                words if few else None,
                value,
                keys,
                f"{syntax or '{{item.answer}} {{item.reference}}'} {{{{sample.output_text}}}}",
            )
            for (number, item), text, word, value in zip(
                self.items.items(),
                chosen.texts,
                chosen.words,
                chosen.values or [None] * len(self.items),
                strict=True,
            )
        ]

    def _tried(self, probe: Probe, cases: Sequence[Case]) -> _Tried:
        """Grade a probe, and where it must not gain what it is made of."""
        made = [(index, text) for index, case in enumerate(cases) if (text := probe.make(case)) is not None]
        numbers = list(self.items)
        items = [self.items[numbers[index]] for index, _ in made]
        texts = [text for _, text in made]
        base = None
        if probe.expected == "no gain" and made:
            base = grade(self.grader, items, [cases[index].base for index, _ in made]).mean
        return _Tried(probe, [index for index, _ in made], texts, grade(self.grader, items, texts), base)

    def _standard(self, tried: Sequence[_Tried], chosen: Candidate | None, earned: float | None) -> Standard:
        empty = next(each.graded for each in tried if each.probe is EMPTY)
        low, high = bounds(self.reach, empty.rewards[empty.counted])
        met = (float(each.graded.rewards[each.graded.counted].max(initial=low)) for each in tried)
        parts = max(1, len(chosen.keys)) if chosen else 1
        honest = low if self.honest_mean is None else self.honest_mean
        ceiling = high if self.reach else max(high, honest, *met)
        return Standard(low, ceiling, earned, self.honest_mean, self.reach is not None, parts)

    def _result(self, tried: _Tried, standard: Standard, cases: Sequence[Case]) -> ProbeResult:
        probe, graded = tried.probe, tried.graded
        counted = np.flatnonzero(graded.counted)
        rewards = graded.rewards[counted]
        most = int(counted[rewards.argmin() if probe.expected == "high" else rewards.argmax()])
        mean = float(rewards.mean())
        held = {"low": standard.honest, "high": standard.honest, "shown": standard.reference}
        base = held.get(probe.expected, tried.base)
        return ProbeResult(
            probe.name,
            probe.expected,
            len(counted),
            mean,
            base,
            verdict_of_probe(probe, mean, base, standard),
            list(self.items)[tried.indexes[most]],
            _shortened(tried.texts[most]),
            float(graded.rewards[most]),
            None if (right := cases[tried.indexes[most]].reference) is None else _shortened(right),
        )

    def _add(
        self,
        found: Collected,
        results: Sequence[ProbeResult],
        chosen: Candidate | None,
        standard: Standard,
    ) -> None:
        for result in results:
            hint, shown = _HINTS[result.name], f"{result.name!r} earns {result.mean:.3f} on average"
            if result.verdict == "pays":
                silent = result.name == EMPTY.name and result.mean >= max(
                    standard.floor if standard.honest is None else standard.honest,
                    standard.floor if standard.reference is None else standard.reference * 0.9,
                )
                message = f"{shown}{_beside(standard)}{_exemplified(result)}"
                found.say("silence_pays" if silent else "probe_pays", message, advice=hint)
            elif result.verdict == "gains":
                message = f"{shown}, the answer that it is made of {result.base:.3f}"
                found.say("probe_pays", message, advice=hint)
            elif result.verdict == "broken" and chosen is not None:
                nothing = standard.floor + _NOTHING * standard.width
                severity: Severity = "error" if chosen.sure and result.mean <= nothing else "warning"
                message = f"{shown} (taken from {chosen.name}){_exemplified(result)}"
                found.say("reference_low", message, severity)

    def _add_failures(self, found: Collected, tried: Sequence[_Tried]) -> None:
        """Say of which probes nothing is known, and on which the grader itself fails."""
        for detail, count in sum((each.graded.unasked for each in tried), Counter[str]()).items():
            found.say("not_graded", f"{count:,} grades of probes: {detail}")
        failing: dict[str, list[tuple[str, str]]] = {}
        for each in tried:
            for name, flag in each.graded.flags.items():
                failing.setdefault(name, []).append((each.probe.name, flag.last_line))
        counted = sum(int(each.graded.counted.sum()) for each in tried)
        all_fail = counted > 0 and counted == sum(each.graded.failed for each in tried)
        for name, probes in failing.items():
            probe, detail = probes[0]
            if all_fail and reads_text(self.findings) and name != _OF_THE_ROWS:
                found.say("grading_errors", f"{name} whatever the answer is; {probe!r}: {detail}", "error")
            elif name in _OF_THE_GRADER:
                message = f"{name} on {len(probes)} of {len(tried)} probes; {probe!r}: {detail}"
                found.say("probe_errors", message)


def _beside(standard: Standard) -> str:
    """Say what a probe is held against."""
    said = []
    if standard.honest is not None:
        said.append(f"honest samples {standard.honest:.3f}")
    if standard.reference is not None:
        said.append(f"the reference {standard.reference:.3f}")
    return f", {' and '.join(said)}" if said else ""


def _exemplified(result: ProbeResult) -> str:
    """Give the example of a short answer; long ones stand in the table of probes."""
    if len(result.example) > _LONGEST_INLINE or not result.example:
        return ""
    right = result.right
    known = right is not None and right != result.example and len(right) <= _LONGEST_INLINE
    return f": {result.example!r} earns {result.reward:g}" + (f", and right is {right!r}" if known else "")


def _distinct(texts: Sequence[str | None]) -> list[str]:
    return sorted({text for text in texts if text})


def _shortened(text: str) -> str:
    """Cut the middle of a long text out: what probes change stands at either end."""
    if len(text) <= _LONGEST_EXAMPLE:
        return text
    return f"{text[: _LONGEST_EXAMPLE // 2]} … {text[-_LONGEST_EXAMPLE // 2 :]}"


def _others(distinct: Sequence[str], text: str | None, random: Random) -> list[str]:
    """Choose right answers of other items."""
    others = random.sample(distinct, min(3, len(distinct)))
    return [each for each in others if each != text][:2]
