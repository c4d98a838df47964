"""The hyperparameters of the three methods, by their official names, with ranges and defaults.

Design: every one of them is `"auto"`, a number, or null for the default; what came is kept as it was sent.
"""

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import PlainValidator

from graders.config.models import Part
from graders.config.problems import show

Auto = Literal["auto"]


def _integer(low: int, high: int | None = None) -> PlainValidator:
    bounds = f"an integer of at least {low}" if high is None else f"an integer from {low} to {high}"

    def fits(value: Any) -> bool:
        return type(value) is int and low <= value and (high is None or value <= high)

    return _auto_or(bounds, fits)


def _number(above: float, most: float | None = None) -> PlainValidator:
    bounds = f"a number above {above:g}" + ("" if most is None else f" and up to {most:g}")

    def fits(value: Any) -> bool:
        if type(value) not in (int, float):
            return False
        return bool(above < value <= (math.inf if most is None else most) and value < math.inf)

    return _auto_or(bounds, fits)


def _auto_or(bounds: str, fits: Callable[[Any], bool]) -> PlainValidator:
    def check(value: Any) -> Any:
        if value is None or (isinstance(value, str) and value == "auto") or fits(value):
            return value
        raise ValueError(f"expected 'auto' or {bounds}; got {show(value)}")

    return PlainValidator(check)


_BatchSize = Annotated[Auto | int | None, _integer(1, 256)]
_Epochs = Annotated[Auto | int | None, _integer(1, 50)]
_Steps = Annotated[Auto | int | None, _integer(1)]
_Positive = Annotated[Auto | int | float | None, _number(0)]


class SupervisedHyperparameters(Part):
    """The hyperparameters of supervised fine-tuning."""

    batch_size: _BatchSize = "auto"
    """Examples in a batch, 1 to 256."""
    learning_rate_multiplier: _Positive = "auto"
    """Scales the learning rate, above 0."""
    n_epochs: _Epochs = "auto"
    """How often the training file is gone through, 1 to 50."""


class DpoHyperparameters(SupervisedHyperparameters):
    """The hyperparameters of direct preference optimisation."""

    beta: Annotated[Auto | int | float | None, _number(0, 2)] = "auto"
    """How far the model is held to where it comes from, above 0 and up to 2."""


class ReinforcementHyperparameters(SupervisedHyperparameters):
    """The hyperparameters of reinforcement fine-tuning."""

    compute_multiplier: Annotated[Auto | int | float | None, _number(0.00001, 10)] = "auto"
    """Scales how much is explored for each step, above 0.00001 and up to 10."""
    eval_interval: _Steps = "auto"
    """Training steps between evaluations."""
    eval_samples: _Steps = "auto"
    """Samples for each example of an evaluation."""
    reasoning_effort: Literal["default", "low", "medium", "high"] | None = "default"
    """How much the model thinks while it is trained."""
