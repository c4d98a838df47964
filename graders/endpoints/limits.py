"""How much may be asked of an endpoint, and how patiently."""

import math
from dataclasses import dataclass

LONGEST_PAUSE = 300.0
"""Most seconds that an endpoint is left alone because it asks for it."""
GRACE = 5.0
"""Seconds after its time that whoever makes a call has to give it up by itself, where it can."""


@dataclass(frozen=True)
class Limits:
    """What bounds the calls to one endpoint.

    `concurrency`: the most calls on their way at once; how many there are follows what the endpoint can take.
    `seconds`: the time of one call, from its start. `retries`: how often a call that failed for a reason that
    may pass is made again; 0 for never. `max_calls` and `max_tokens`: the budget, tried-again calls and the
    tokens of prompts included; a call that is on its way when the tokens are used up is not broken off.

    Raises:
        ValueError: a number is out of its range.
    """

    concurrency: int = 32
    seconds: float = 120.0
    retries: int = 6
    max_calls: int | None = None
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError(f"expected a concurrency of at least 1; got {self.concurrency!r}")
        if not (self.seconds > 0 and math.isfinite(self.seconds)):
            raise ValueError(f"expected a finite number of seconds above 0; got {self.seconds!r}")
        for name in ("retries", "max_calls", "max_tokens"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"expected {name} of at least 0; got {value!r}")


@dataclass
class Budget:
    """What of the limits is used up; whoever shares it holds a lock round it.

    `retried` of the `calls` were made again for a reason that may pass.
    """

    limits: Limits
    calls: int = 0
    retried: int = 0
    tokens: int = 0

    def take(self, calls: int = 1) -> str | None:
        """Count calls that are about to be made together; say why they may not."""
        most_calls, most_tokens = self.limits.max_calls, self.limits.max_tokens
        if most_calls is not None and self.calls + calls > most_calls:
            return f"the budget of {most_calls} calls is used up"
        if most_tokens is not None and self.tokens >= most_tokens:
            return f"the budget of {most_tokens} tokens is used up, by {self.tokens}"
        self.calls += calls
        return None
