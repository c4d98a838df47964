"""Our metrics and the reference libraries, on the user's own rows: do they agree, and how fast are they?

Design: what is proved here are the algorithms. The libraries are given the tokens of the hosted tokeniser,
since none of them has one; METEOR gets the WordNet of the user's own NLTK data, where there is one, and
otherwise ours. That the tokeniser and these data are right is proved by the project's own tests.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from graders.batch import Path
from graders.dataset import Block, Dataset, first_rows
from graders.errors import DataError
from graders.metrics import METRICS, Metric, oracles
from graders.metrics.oracles import ORACLES, Oracle
from graders.render import TemplateString, parse_template

TOLERANCE = 1e-12
"""The largest difference that counts as agreement."""
_EXAMPLES = 5
_SAMPLE = parse_template("{{sample.output_text}}")


@dataclass
class MetricCheck:
    """What was found of one metric: rows that differ, the largest difference, CPU seconds of both."""

    name: str
    variant: str | None
    note: str
    differing: int = 0
    largest: float = 0.0
    ours_seconds: float = 0.0
    library_seconds: float = 0.0
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def speed(self) -> float:
        """How many times faster ours is."""
        return self.library_seconds / self.ours_seconds if self.ours_seconds else float("nan")


@dataclass
class Verification:
    """The checks of all metrics over `rows` rows; `skipped` rows had no text on one side."""

    checks: list[MetricCheck]
    rows: int = 0
    skipped: int = 0

    @property
    def agrees(self) -> bool:
        """Whether no metric differs in any row."""
        return not any(check.differing for check in self.checks)


def verify(
    dataset: Dataset,
    reference: str,
    *,
    metrics: Sequence[tuple[str, str | None]] = (),
    limit: int | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Verification:
    """Compare each metric with its reference library on the samples and references of a dataset.

    `reference` names the field that holds the reference, `item.solution` or, in flat rows, `solution`;
    `metrics` are names with variants or None, all hosted definitions where it is empty.

    Raises:
        DataError: the path is none, no row has both texts, or the data cannot be read.
        ValueError: there is no such metric or variant.
    """
    pairs = [_Pair.of(*each) for each in metrics or _hosted()]
    result = Verification([pair.check for pair in pairs])
    template = _reference_template(reference)
    for block in first_rows(dataset.blocks(), limit):
        rows, hypotheses, references = _texts(block, template)
        result.skipped += len(block.rows) - len(rows)
        result.rows += len(rows)
        for pair in pairs if rows else ():
            pair.compare(rows, hypotheses, references)
        if on_progress:
            on_progress(result.rows)
    if not result.rows:
        raise DataError(f"no row has both a sample and {reference!r}")
    return result


def _hosted() -> list[tuple[str, str | None]]:
    return [(name, variant) for name, variant in ORACLES if variant is None]


def _reference_template(path: str) -> TemplateString:
    try:
        parsed = Path.parse(path)
    except ValueError as error:
        raise DataError(str(error)) from None
    return parse_template("{{" + (path if parsed.head == "item" else f"item.{path}") + "}}")


def _texts(block: Block, template: TemplateString) -> tuple[list[int], list[str], list[str]]:
    batch = block.batch
    samples, references = _SAMPLE.render(batch), template.render(batch)
    good = [n for n in range(len(batch)) if n not in samples.failures and n not in references.failures]
    numbers = [block.rows[n].number for n in good]
    return numbers, [samples.texts[n] for n in good], [references.texts[n] for n in good]


@dataclass
class _Pair:
    metric: Metric
    oracle: Oracle
    check: MetricCheck

    @classmethod
    def of(cls, name: str, variant: str | None) -> "_Pair":
        if (name, variant) not in ORACLES:
            known = ", ".join(key if of is None else f"{key}={of}" for key, of in ORACLES)
            wanted = name if variant is None else f"{name}={variant}"
            raise ValueError(f"expected one of {known}; got {wanted!r}")
        metric, oracle, note = METRICS[name].with_variant(variant), ORACLES[name, variant], ""
        if name == "meteor":
            oracle, note = _meteor_oracle(oracle)
        metric.function(["a"], ["a"])  # so that loading libraries and data is not timed
        oracle(["a"], ["a"])
        return cls(metric, oracle, MetricCheck(name, variant, note))

    def compare(self, rows: Sequence[int], hypotheses: list[str], references: list[str]) -> None:
        started = time.process_time()
        ours = self.metric.function(hypotheses, references)
        between = time.process_time()
        theirs = self.oracle(hypotheses, references)
        check = self.check
        check.library_seconds += time.process_time() - between
        check.ours_seconds += between - started
        gaps = np.abs(ours - theirs)
        differing = np.flatnonzero(~(gaps <= TOLERANCE))
        check.differing += len(differing)
        check.largest = max(check.largest, float(gaps.max(initial=0.0)))
        for n in differing[: _EXAMPLES - len(check.examples)].tolist():
            check.examples.append({"row": rows[n], "ours": float(ours[n]), "library": float(theirs[n])})


def _meteor_oracle(oracle: Oracle) -> tuple[Oracle, str]:
    """Give NLTK's own WordNet to the oracle where the user has it; say which one it is."""
    from nltk.corpus import wordnet

    try:
        wordnet.ensure_loaded()
    except LookupError:
        return oracle, "with the WordNet of this package: checks the algorithm, not the data"
    return partial(oracles.meteor, wordnet=wordnet), "with the WordNet of your NLTK data"
