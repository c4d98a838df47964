"""What a grader gives for a batch: numbers, and the reasons where there is none.

The law that everything else rests on: `isnan(values[i])` if and only if `error_codes[i] != 0`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from graders.errors import Code, Failure, RowError, hosted_flags
from graders.facts import Fact, as_lines, as_table, number

_OK, _UNSCORED = np.uint8(Code.ok), np.uint8(Code.unscored)

Trace = Mapping[str, Any]

_SHOWN = 8
"""Most values that scores show of themselves."""


@dataclass(frozen=True)
class Scores:
    """One score a row, as arrays.

    `values` float64 (n,), NaN where the row has no score; `error_codes` uint8 (n,), a `Code`, 0 where all
    is well; `error_details` says why, sparse; `traces` is what a judge answered, sparse; `parts` are the
    scores of sub-graders; `cautions` say of how many rows a score is doubtful, and why.

    A row with a code and no detail of its own owes its failure to one of its parts.
    """

    name: str
    values: NDArray[np.float64]
    error_codes: NDArray[np.uint8]
    error_details: Mapping[int, Failure] = field(default_factory=dict)
    traces: Mapping[int, tuple[Trace, ...]] = field(default_factory=dict)
    parts: Mapping[str, "Scores"] = field(default_factory=dict)
    cautions: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, values: NDArray[np.float64], failures: Mapping[int, Failure]) -> Self:
        """Make scores of values and failures; the value of a failed row is dropped."""
        values = np.array(values, dtype=np.float64)
        codes = np.zeros(len(values), dtype=np.uint8)
        for row, failure in failures.items():
            values[row] = np.nan
            codes[row] = failure.code
        return cls(name, values, codes, dict(failures))

    def __len__(self) -> int:
        return len(self.values)

    def row_errors(self, row: int) -> Iterator[RowError]:
        """Give every failure of one row, each once: this grader's, then its parts' under their keys.

        A part of a part goes by both keys, `multi.match`.
        """
        return self._row_errors(row, self.name, "")

    def _row_errors(self, row: int, name: str, above: str) -> Iterator[RowError]:
        own = self.error_details.get(row)
        if own is not None:
            yield RowError(own.code, own.reason, own.detail, name)
            if own.code == Code.row_parse_error:
                return  # the parts could not read the row either
        for key, part in self.parts.items():
            yield from part._row_errors(row, above + key, f"{above}{key}.")

    def failed_rows(self) -> NDArray[np.bool_]:
        """Give (n,): whether this grader or one of its parts failed in the row."""
        failed: NDArray[np.bool_] = self.error_codes != _OK
        if failed.any():
            failed &= self.error_codes != _UNSCORED
        for part in self.parts.values():
            failed = failed | part.failed_rows()
        return failed

    def all_cautions(self) -> Counter[str]:
        """Count the rows of each caution, of this grader and of its parts."""
        return sum((part.all_cautions() for part in self.parts.values()), Counter(self.cautions))

    def all_traces(self) -> dict[int, tuple[Trace, ...]]:
        """Give the traces of each row that has any: this grader's, then its parts' under their keys.

        The keys are those of `row_errors`.
        """
        collected: dict[int, tuple[Trace, ...]] = {}
        self._collect(self.name, "", collected)
        return collected

    def _collect(self, name: str, above: str, collected: dict[int, tuple[Trace, ...]]) -> None:
        for row, traces in self.traces.items():
            named = tuple({**trace, "grader": name} for trace in traces)
            collected[row] = collected.get(row, ()) + named
        for key, part in self.parts.items():
            part._collect(above + key, f"{above}{key}.", collected)

    @property
    def usage(self) -> dict[str, dict[str, int]]:
        """Tokens by model, of this grader and its parts: those of the reply that each row rests on.

        A reply that several rows share counts for each of them.
        """
        return usage_of(each for traces in self.all_traces().values() for each in traces)

    def __repr__(self) -> str:
        return as_lines(f"Scores({self.name!r})", self._facts())

    def _repr_html_(self) -> str:
        return as_table([("scores", self.name), *self._facts()])

    def _facts(self) -> Iterator[Fact]:
        scored = self.values[self.error_codes == Code.ok]
        yield "rows", f"{len(self):,}, {len(scored):,} scored"
        yield "mean", number(float(scored.mean())) if len(scored) else "-"
        shown = [number(None if code else value) for value, code in self._first()]
        yield "values", ", ".join(shown) + (", …" if len(self) > _SHOWN else "")
        for key, part in self.parts.items():
            own = part.values[part.error_codes == Code.ok]
            yield f"mean of {key}", number(float(own.mean())) if len(own) else "-"
        failed = self.error_codes[self.error_codes != Code.ok].tolist()
        counts = Counter(Code(code).name for code in failed)
        yield from ((code, f"{count:,} rows") for code, count in sorted(counts.items()))
        yield from ((caution, f"{count:,} rows") for caution, count in sorted(self.all_cautions().items()))

    def _first(self) -> Iterator[tuple[float, int]]:
        return zip(self.values[:_SHOWN].tolist(), self.error_codes[:_SHOWN].tolist(), strict=True)


def usage_of(traces: Iterable[Trace]) -> dict[str, dict[str, int]]:
    """Add up the tokens of traces by model; a model that reports none does not appear."""
    total: dict[str, dict[str, int]] = {}
    for trace in traces:
        if trace["usage"] is not None:
            counts = total.setdefault(trace["model"], {})
            for name, count in trace["usage"].items():
                counts[name] = counts.get(name, 0) + count
    return total


def first_codes(parts: Iterable[Scores], n: int) -> NDArray[np.uint8]:
    """Give (n,) the code of the first part that has one in each row, 0 where none has."""
    codes = np.zeros(n, dtype=np.uint8)
    for scores in parts:
        codes = np.where(codes == Code.ok, scores.error_codes, codes)
    return codes


@dataclass(frozen=True)
class Grade:
    """The score of one row.

    `reward` is None where the row could not be graded; `errors` says why. `passed` is None where no
    threshold is known or there is no reward.
    """

    name: str
    type: str
    reward: float | None
    passed: bool | None
    sub_rewards: Mapping[str, float | None] = field(default_factory=dict)
    errors: tuple[RowError, ...] = ()
    traces: tuple[Trace, ...] = ()
    truncated: bool = False
    """Whether the sample says that it ended at its token limit; only `Grader.grade` knows."""

    @property
    def usage(self) -> dict[str, dict[str, int]]:
        """Tokens by model."""
        return usage_of(self.traces)

    def __repr__(self) -> str:
        return as_lines(f"Grade({self.name!r})", self._facts())

    def _repr_html_(self) -> str:
        return as_table([("grader", self.name), *self._facts()])

    def _facts(self) -> Iterator[Fact]:
        verdict = {True: ", passed", False: ", not passed", None: ""}[self.passed]
        yield "reward", number(self.reward) + verdict
        yield from ((key, number(reward)) for key, reward in self.sub_rewards.items())
        yield from ((error.code.name, f"{error.grader}: {error.detail}") for error in self.errors)
        for trace in self.traces:
            yield "judge", f"{trace['model']}: {trace['result']}"
            for step in trace["steps"] or ():
                yield "step", " → ".join(step.values())

    def to_hosted(self, execution_time: float) -> dict[str, Any]:
        """Give the body that the hosted `/graders/run` answers with.

        There a failure is reward 0.0 with flags. `execution_time` is in seconds. The token usage is the sum
        over all models, the model's name null where there are several.
        """
        flags = hosted_flags(self.errors)
        if self.truncated:
            flags[Code.truncated_observation_error.name] = True
        models = list(dict.fromkeys(each["model"] for each in self.traces if each["raw"] is not None))
        return {
            "reward": _or_zero(self.reward),
            "metadata": {
                "name": self.name,
                "type": self.type,
                "errors": flags,
                "execution_time": execution_time,
                "scores": {},
                "token_usage": _summed(self.usage.values()),
                "sampled_model_name": models[0] if len(models) == 1 else None,
            },
            "sub_rewards": {key: _or_zero(reward) for key, reward in self.sub_rewards.items()},
            "model_grader_token_usage_per_model": self.usage,
        }


def _summed(usages: Iterable[Mapping[str, int]]) -> dict[str, int] | None:
    total: Counter[str] = Counter()
    for usage in usages:
        total.update(usage)
    return dict(total) or None


def _or_zero(reward: float | None) -> float:
    return 0.0 if reward is None else reward
