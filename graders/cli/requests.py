"""`graders run --judge-dry-run`: what a judge would be asked, while nobody is."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from graders import engine
from graders.cli.console import print_json, say
from graders.compile import Grader
from graders.errors import ConfigError, Problem
from graders.judges.dry import DryPool, estimated_tokens
from graders.results import Price, price_of


def print_requests(
    grader: Grader, data: str, prices: Mapping[str, Price], *, as_json: bool, **rows: Any
) -> None:
    """Print every distinct request as a line of JSON, and on stderr what they amount to.

    With `as_json` only the amounts are printed, as one object.

    Raises:
        ConfigError: the grader asks no judge.
    """
    pool = grader.pool
    if not isinstance(pool, DryPool):
        raise ConfigError([Problem("judge", "this grader asks none, so there is nothing to print")])
    amounts: dict[str, Counter[str]] = {}
    for request in engine.requests(grader, pool, data, **rows):
        counts = {
            "requests": 1,
            "prompt_tokens": estimated_tokens(request),
            "completion_tokens": request.max_tokens,
        }
        amounts.setdefault(request.model, Counter()).update(counts)
        if not as_json:
            print_json(pool.form(request))
    if as_json:
        print_json({"rows": pool.rows, "models": {name: dict(counts) for name, counts in amounts.items()}})
    for model, counts in amounts.items():
        say("note", _sentence(model, counts, price_of(prices, model)))
    say("note", f"{pool.rows:,} rows; nobody was asked")


def _sentence(model: str, counts: Mapping[str, int], price: Price | None) -> str:
    cost = "" if price is None else f", at most {price.of(counts):.4f} USD"
    return (
        f"{model}: {counts['requests']:,} requests, about {counts['prompt_tokens']:,} tokens of prompts "
        f"(a quarter of the characters), at most {counts['completion_tokens']:,} of completions{cost}"
    )
