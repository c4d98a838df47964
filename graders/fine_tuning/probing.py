"""Let a grader meet every probe, and judge what it pays for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from graders.batch import Item, Path
from graders.compile import Findings, Grader
from graders.fine_tuning.answers import prompt_of
from graders.fine_tuning.findings import Collected
from graders.fine_tuning.grading import grade
from graders.fine_tuning.probe_results import (
    ProbeResult,
    Probing,
    Tried,
    add_failures,
    add_probe_findings,
)
from graders.fine_tuning.probes import EMPTY, PROBES, Case, Probe
from graders.fine_tuning.ranges import Range
from graders.fine_tuning.references import Candidate, answer_keys, candidates, item_paths, reads_text
from graders.fine_tuning.signal import bounds
from graders.fine_tuning.standards import NOTHING, Standard, verdict_of_probe

_MOST_LABELS, _ROWS_A_LABEL = 20, 3
_JUDGED_CANDIDATES = 2
_LONGEST_EXAMPLE = 120


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
        add_failures(found, tried, texts_suffice=reads_text(self.findings))
        standard = self._standard(tried, chosen, earned)
        results = [self._result(each, standard, cases) for each in tried if each.graded.counted.any()]
        add_probe_findings(found, results, chosen, standard)
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
        least = 0.5 if candidate.guessed else NOTHING
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

    def _tried(self, probe: Probe, cases: Sequence[Case]) -> Tried:
        """Grade a probe, and where it must not gain what it is made of."""
        made = [(index, text) for index, case in enumerate(cases) if (text := probe.make(case)) is not None]
        numbers = list(self.items)
        items = [self.items[numbers[index]] for index, _ in made]
        texts = [text for _, text in made]
        base = None
        if probe.expected == "no gain" and made:
            base = grade(self.grader, items, [cases[index].base for index, _ in made]).mean
        return Tried(probe, [index for index, _ in made], texts, grade(self.grader, items, texts), base)

    def _standard(self, tried: Sequence[Tried], chosen: Candidate | None, earned: float | None) -> Standard:
        empty = next(each.graded for each in tried if each.probe is EMPTY)
        low, high = bounds(self.reach, empty.rewards[empty.counted])
        met = (float(each.graded.rewards[each.graded.counted].max(initial=low)) for each in tried)
        parts = max(1, len(chosen.keys)) if chosen else 1
        honest = low if self.honest_mean is None else self.honest_mean
        ceiling = high if self.reach else max(high, honest, *met)
        return Standard(low, ceiling, earned, self.honest_mean, self.reach is not None, parts)

    def _result(self, tried: Tried, standard: Standard, cases: Sequence[Case]) -> ProbeResult:
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
