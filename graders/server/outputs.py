"""Output items and the counts of a run, as the API shows them."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from graders.batch import build_sample
from graders.judges import USAGE
from graders.server.criteria_grading import Outcome
from graders.server.rows import Row
from graders.server.samplings import NO_USAGE
from graders.server.shown_messages import shown_message
from graders.store import Block, StoredRun
from graders.store.items import item_id
from graders.strict_json import dumps


@dataclass
class RunTally:
    """What a run counts: rows, verdicts of each criterion, tokens of each model."""

    rows: Counter[str]
    criteria: dict[str, Counter[str]]
    usage: dict[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, run: StoredRun, ids: Sequence[str]) -> Self:
        """Go on with the counts of a run."""
        rows = Counter({name: getattr(run, name) for name in ("passed", "failed", "errored")})
        tally = run.tally or {}
        criteria = {each: Counter[str]() for each in ids}
        for said in tally.get("criteria", ()):
            criteria[said["testing_criteria"]].update(passed=said["passed"], failed=said["failed"])
        usage = {said["model_name"]: Counter(_without_name(said)) for said in tally.get("usage", ())}
        return cls(rows, criteria, usage)

    def add(self, row: Row, outcome: Outcome) -> None:
        """Count a row: as failed and errored where its grader failed, only as errored where its model did."""
        self.rows["errored"] += outcome.errored
        if outcome.results:
            self.rows["passed" if outcome.passed else "failed"] += 1
        if row.sampling is not None and row.sampling.usage is not None:
            self._count(row.sampling.answered_by, row.sampling.usage)
        for result in outcome.results:
            self.criteria[result["name"]]["passed" if result["passed"] else "failed"] += 1
        for trace in outcome.traces:
            if trace["raw"] is not None or trace["usage"] is not None:
                self._count(trace["model"], trace["usage"] or {})

    def _count(self, model: str, usage: Mapping[str, int]) -> None:
        self.usage.setdefault(model, Counter()).update({"invocation_count": 1, **usage})

    def shown(self) -> dict[str, Any]:
        """Give the lists that a run shows."""
        criteria = [
            {"testing_criteria": name, "passed": counts["passed"], "failed": counts["failed"]}
            for name, counts in self.criteria.items()
        ]
        names = ("invocation_count", *USAGE)
        usage = [
            {"model_name": model} | {name: counts[name] for name in names}
            for model, counts in self.usage.items()
        ]
        return {"criteria": criteria, "usage": usage}


def _without_name(said: Mapping[str, Any]) -> dict[str, int]:
    return {name: count for name, count in said.items() if name != "model_name"}


def block_of(
    run: StoredRun, first: int, rows: Sequence[Row], outcomes: Sequence[Outcome], tally: RunTally
) -> Block:
    """Make the output items of rows that follow each other, and count them."""
    created, items = int(time.time()), []
    for number, (row, outcome) in enumerate(zip(rows, outcomes, strict=True), first):
        tally.add(row, outcome)
        status = "pass" if outcome.passed else "fail"
        items.append((number, status, dumps(_item(run, number, row, outcome, created))))
    return Block(items, dict(tally.rows), tally.shown())


def _item(run: StoredRun, number: int, row: Row, outcome: Outcome, created: int) -> dict[str, Any]:
    return {
        "object": "eval.run.output_item",
        "id": item_id(run.id, number),
        "created_at": created,
        "run_id": run.id,
        "eval_id": run.eval_id,
        "status": "pass" if outcome.passed else "fail",
        "datasource_item_id": number,
        "datasource_item": row.item,
        "_datasource_item_content_hash": _content_hash(row.item),
        "results": outcome.results,
        "sample": _sample(row),
    }


def _content_hash(item: Mapping[str, Any]) -> str:
    text = json.dumps(item, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _sample(row: Row) -> dict[str, Any] | None:
    if row.sampling is not None:
        return row.sampling.shown()
    return None if row.sample is None else shown_sample(row.sample)


def shown_sample(given: str | Mapping[str, Any]) -> dict[str, Any]:
    """Give the sample of a row that brought its own: nobody was asked, so what is not known is null."""
    sample = build_sample(given)
    choices = sample.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    model = sample.get("model")
    return {
        "input": [],
        "output": [shown_message(message)] if isinstance(message, dict) else [],
        "finish_reason": str(choice.get("finish_reason") or "stop"),
        "model": model if isinstance(model, str) else None,
        "usage": dict(NO_USAGE),
        "error": None,
        "temperature": None,
        "max_completion_tokens": None,
        "top_p": None,
        "seed": None,
    }
