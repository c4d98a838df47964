"""What tokens cost, as the user says."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}\Z")


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens of prompts and of completions; cached ones count as any other."""

    prompt: float
    completion: float

    @classmethod
    def parse(cls, text: str) -> tuple[str, Self]:
        """Read `MODEL=IN,OUT`; give the model and its price.

            >>> Price.parse("gpt-4o=2.5,10")
            ('gpt-4o', Price(prompt=2.5, completion=10.0))

        Raises:
            ValueError: it is no such thing.
        """
        model, _, numbers = text.rpartition("=")
        try:
            prompt, completion = map(float, numbers.split(","))
        except ValueError:
            prompt = completion = math.nan
        if not model or not (0 <= prompt < math.inf and 0 <= completion < math.inf):
            raise ValueError(f"expected MODEL=IN,OUT, such as gpt-4o=2.5,10; got {text!r}")
        return model, cls(prompt, completion)

    def of(self, counts: Mapping[str, int]) -> float:
        """Give what the tokens of some replies cost, in US dollars."""
        paid = counts.get("prompt_tokens", 0) * self.prompt
        return (paid + counts.get("completion_tokens", 0) * self.completion) / 1e6


def price_of(prices: Mapping[str, Price], model: str) -> Price | None:
    """Find the price of a model; a dated snapshot costs what its name without the date does."""
    return prices.get(model) or prices.get(_DATED.sub("", model))
