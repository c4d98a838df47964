"""The lines of `results.jsonl`: what each says, and the bytes that say it."""

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graders.batch import Batch, Path
from graders.compile import Grader
from graders.dataset import Block, Row
from graders.engine.collector import collector_paused
from graders.errors import Code
from graders.results import group_values
from graders.scores import Grade
from graders.strict_json import dumps

MAX_DEPTH = 500
"""Deepest nesting of a line of results; a parser's own limit depends on who calls it."""


@dataclass(frozen=True)
class LineWriter:
    """Grades blocks and words their lines; a slim line has group values in place of item and sample.

    `cautions` counts the rows whose scores are doubtful, of all blocks so far.
    """

    grader: Grader
    group_by: Sequence[Path] = ()
    slim: bool = False
    cautions: Counter[str] = field(default_factory=Counter)

    def graded(self, block: Block, batch: Batch) -> list[tuple[dict[str, Any], bytes]]:
        """Grade a block and the batch of it; give each row's line, as it is and as it is written."""
        scores = self.grader.score_batch(batch)
        self.cautions.update(scores.all_cautions())
        with collector_paused():
            rows = zip(block.rows, self.grader.grades(scores), self._slim_groups(batch), strict=True)
            return [self._line(*row) for row in rows]

    def _slim_groups(self, batch: Batch) -> list[dict[str, str]]:
        if not (self.slim and self.group_by):
            return [{}] * len(batch)
        names = [path.text for path in self.group_by]
        return [dict(zip(names, values, strict=True)) for values in group_values(batch, self.group_by)]

    def _line(self, row: Row, grade: Grade, groups: Mapping[str, str]) -> tuple[dict[str, Any], bytes]:
        line: dict[str, Any] = {"row": row.number, "id": row.id}
        if row.sample_index is not None:
            line["sample_index"] = row.sample_index
        line["reward"] = grade.reward
        line["passed"] = grade.passed
        line["sub_rewards"] = grade.sub_rewards
        line["errors"] = [error.to_dict() for error in grade.errors] if grade.errors else []
        if grade.traces:
            line["traces"] = grade.traces
        if groups:
            line["groups"] = groups
        if not self.slim:
            line["item"], line["sample"] = row.item, row.sample
        try:
            text = dumps(line)
        except ValueError:
            return self._unwritable(line)
        return self._unwritable(line) if _depth(text) > MAX_DEPTH else (line, text)

    def _unwritable(self, line: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Fail a row that is nested too deeply for a line of its own."""
        error = {
            "code": Code.row_parse_error.name,
            "reason": "wrong_shape",
            "detail": f"row {line['row']} is nested too deeply to be written",
            "grader": self.grader.name,
        }
        absent = 0.0 if self.grader.options.on_error == "zero" else None
        changed: dict[str, Any] = {"reward": absent, "passed": None, "errors": [error]}
        changed |= {"item": None, "sample": None}
        changed["sub_rewards"] = dict.fromkeys(line["sub_rewards"], absent)
        if isinstance(line["id"], dict | list):
            changed["id"] = line["row"]
        line |= {key: value for key, value in changed.items() if key in line}
        return line, dumps(line)


def _depth(text: bytes) -> int:
    """Give how deep a JSON text is nested, or less where that is within `MAX_DEPTH` anyway."""
    if len(text) <= MAX_DEPTH or text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return 0
    steps = (_STEPS[letter] for letter in _NO_BRACKETS.sub(b"", text))
    return max(itertools.accumulate(steps), default=0)


_NO_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[^\[\]{}"]++')
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
