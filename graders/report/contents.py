"""What a report says, whatever it is written as."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from graders.analysis import Agreement, Comparison
from graders.report.agreement import disagreements, remarked
from graders.report.rows import views
from graders.report.survey import Survey, survey
from graders.report.views import RowView
from graders.results import GroupSummary, Results, Summary

_MOST_GROUPS = 50


@dataclass(frozen=True)
class Grouping:
    """The groups by one path; the largest of them, where there are very many, and how many there are."""

    path: str
    groups: Sequence[GroupSummary]
    total: int


@dataclass(frozen=True)
class Contents:
    """A run, read and counted: what a report of any form is written from.

    `views` holds the rows that are shown, by their place in the run; `without_texts` says why they have no
    item and sample, where that is so. `agreement` and `comparison` are those of this run, where somebody
    asked for them; at most `rows` rows of a kind are shown.
    """

    path: str
    about: Mapping[str, Any]
    summary: Summary
    survey: Survey
    views: Mapping[int, RowView]
    without_texts: str | None
    rows: int
    agreement: Agreement | None = None
    comparison: Comparison | None = None

    @classmethod
    def of(
        cls,
        results: Results,
        rows: int,
        *,
        agreement: Agreement | None = None,
        comparison: Comparison | None = None,
    ) -> Self:
        """Read a run, and choose at most `rows` rows of a kind to show.

        `agreement` and `comparison` are what `calibrate` and `compare` found of this very run.

        Raises:
            RunError: the rows cannot be read.
        """
        found = survey(results, rows)
        if agreement is not None:
            found = replace(found, choices=[*disagreements(agreement, rows), *found.choices])
        places = [place for choice in found.choices for place in choice.places]
        shown, without_texts = views(results, places)
        if agreement is not None:
            shown = remarked(shown, agreement)
        whole = (str(results.path), results.about, results.summary, found, shown, without_texts, rows)
        return cls(*whole, agreement=agreement, comparison=comparison)

    @property
    def groupings(self) -> list[Grouping]:
        """The groups, path by path."""
        return [
            self._grouping(path, [group for group in self.summary.groups if group.path == path])
            for path in dict.fromkeys(group.path for group in self.summary.groups)
        ]

    def _grouping(self, path: str, groups: Sequence[GroupSummary]) -> Grouping:
        if len(groups) <= _MOST_GROUPS:
            return Grouping(path, groups, len(groups))
        largest = sorted(groups, key=lambda group: -group.rows)[:_MOST_GROUPS]
        return Grouping(path, largest, len(groups))

    @property
    def cost(self) -> float | None:
        """What the replies cost, in US dollars; None where no price is known."""
        costs = [counts["cost_usd"] for counts in self.summary.usage.values() if "cost_usd" in counts]
        return sum(costs) if costs else None

    @property
    def tokens(self) -> Counter[str]:
        """The tokens of all replies, of prompts and of completions."""
        total: Counter[str] = Counter()
        for counts in self.summary.usage.values():
            total.update({key: int(value) for key, value in counts.items() if key.endswith("_tokens")})
        return total

    @property
    def cautions(self) -> Mapping[str, int]:
        """What is doubtful about the scores, and of how many rows; nothing before a run is complete."""
        found: Mapping[str, int] = self.about.get("cautions") or {}
        return found
