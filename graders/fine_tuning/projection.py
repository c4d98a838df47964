"""What a job's grading would take, projected from what was measured; every assumption is named."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from graders.fine_tuning.grading import Graded
from graders.results import Price, price_of

HOUR_USD = 100.0
"""What an hour of reinforcement fine-tuning costs, judge tokens apart."""
_EPOCHS, _SAMPLES = 1, 4


@dataclass(frozen=True)
class Projection:
    """Grades of a whole job, their seconds one after the other as here, tokens and US dollars."""

    grades: int
    seconds_per_grade: float
    seconds: float
    usd_if_training_waits: float
    tokens: Mapping[str, Mapping[str, int]]
    judge_usd: float | None
    assumptions: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        return asdict(self)


def project(
    graded: Graded, rows: int, epochs: int | None, k: int | None, prices: Mapping[str, Price]
) -> Projection | None:
    """Project from a grading to `epochs` × `rows` × `k` grades; None where nothing was graded."""
    n = int(graded.counted.sum())
    if n == 0 or graded.seconds <= 0:
        return None
    said = [
        f"n_epochs {epochs}" if epochs else f"n_epochs auto taken for {_EPOCHS}",
        f"{k} samples an item, as given" if k else f"{_SAMPLES} samples an item, since none are given",
        "grading as fast as on this machine, with the same concurrency",
        f"{HOUR_USD:g} USD an hour, while training waits for grades; its own hours are not known",
    ]
    if graded.from_cache:
        said.append(
            f"{graded.from_cache:,} replies came from the cache at once: --no-cache measures what they take"
        )
    grades = (epochs or _EPOCHS) * rows * (k or _SAMPLES)
    seconds = graded.seconds / n * grades
    tokens = {
        model: {name: round(count / n * grades) for name, count in counts.items()}
        for model, counts in graded.usage.items()
    }
    costs = [price.of(counts) for model, counts in tokens.items() if (price := price_of(prices, model))]
    return Projection(
        grades,
        graded.seconds / n,
        seconds,
        seconds / 3600 * HOUR_USD,
        tokens,
        sum(costs) if len(costs) == len(tokens) and costs else None,
        tuple(said),
    )


def amount(value: float, digits: int) -> str:
    """Write seconds or money for people, and never 0 for what is more."""
    least: float = 10.0**-digits
    return f"less than {least:g}" if 0 < value < least else f"{value:,.{digits}f}"
