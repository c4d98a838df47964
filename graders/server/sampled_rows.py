"""Rows whose model is asked by this server: from messages to a sample, or to the reason why there is none.

Design: a sample belongs to its row of its run. So a run that was killed goes on with what it has paid for,
while another run, of a model that may have changed behind its name, asks anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from graders.batch import Batch
from graders.cache import Cache
from graders.endpoints import is_hosted
from graders.errors import ConfigError, Failure, GradersError
from graders.sampling import Outcomes, Sampled, Sampler, SampleRequest
from graders.server.rows import Row
from graders.server.sampling_plans import SamplingPlan
from graders.server.samplings import Sampling
from graders.server.settings import Settings


class UnsupportedError(GradersError):
    """A run cannot be sampled here; `code` is that of its error."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Asked(NamedTuple):
    """Rows whose samples are on their way; a row that could not be asked about has its failure."""

    rows: Sequence[Row]
    requests: Sequence[SampleRequest]
    failures: Mapping[int, Failure]
    outcomes: Outcomes


@dataclass(frozen=True)
class RowSampler:
    """Asks the model of a run about its rows."""

    plan: SamplingPlan
    sampler: Sampler
    run_id: str

    @classmethod
    def of(cls, source: Mapping[str, Any], run_id: str, settings: Settings, cache: Cache) -> Self:
        """Prepare to ask for the samples of a run.

        Raises:
            UnsupportedError: there is no endpoint, or it has not the tools that are asked for.
        """
        plan, url = SamplingPlan.of(source, settings.media_root), settings.model_base_url
        if url is None:
            raise UnsupportedError("unsupported_source", "The server was started without --model-base-url.")
        if plan.other_tools and (source["type"] == "completions" or not is_hosted(url)):
            named = ", ".join(f"'{each}'" for each in dict.fromkeys(plan.other_tools))
            message = f"The endpoint does not have the tool {named}; functions are passed on."
            raise UnsupportedError("unsupported_tool", message)
        model, limits = settings.asking.models.get(plan.model, plan.model), settings.asking.limits
        try:
            sampler = Sampler(model, url, limits=limits, cache=cache, style=plan.style)
        except ConfigError as error:
            message = "; ".join(each.message for each in error.problems)
            raise UnsupportedError("unsupported_source", f"No model can be asked: {message}.") from None
        return cls(plan, sampler, run_id)

    def begin(self, rows: Sequence[Row], first: int) -> Asked:
        """Ask about rows, of which the first has this number, without waiting."""
        numbers = range(first, first + len(rows))
        items = [row.item for row in rows]
        rendered = self.plan.render(Batch(items, [None] * len(rows), {}, numbers))
        failures = {row: each for row, each in rendered.items() if isinstance(each, Failure)}
        requests = [
            replace(
                self.plan.request,
                messages=() if isinstance(messages := rendered[row], Failure) else messages,
                repetition=number,
                owner=self.run_id,
            )
            for row, number in enumerate(numbers)
        ]
        asked = [request for row, request in enumerate(requests) if row not in failures]
        return Asked(rows, requests, failures, self.sampler.ask(asked))

    def finish(self, asked: Asked) -> list[Row]:
        """Wait for the samples of rows; give the rows with them."""
        outcomes = iter(asked.outcomes.wait())
        failures = {row: Sampled(failure=failure) for row, failure in asked.failures.items()}
        return [
            self._sampled(row, request, failures[number] if number in failures else next(outcomes))
            for number, (row, request) in enumerate(zip(asked.rows, asked.requests, strict=True))
        ]

    def _sampled(self, row: Row, request: SampleRequest, sampled: Sampled) -> Row:
        sample = None if sampled.sample is None else dict(sampled.sample)
        if sample is not None and request.tools:
            sample["input_tools"] = list(request.tools)
        return row._replace(sample=sample, sampling=Sampling(request, self.sampler.model, sampled))

    def cancel(self) -> None:
        """Ask for nothing more."""
        self.sampler.cancel()
