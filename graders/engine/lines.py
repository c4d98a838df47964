"""The lines of `results.jsonl`: what each says, and the bytes that say it."""

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graders.batch import Batch, Path
from graders.compile import Grader
from graders.dataset import Block, Row
from graders.dataset.collector import collector_paused
from graders.errors import NOT_ASKED, Code
from graders.results import Tally, group_values
from graders.scores import Grade
from graders.strict_json import dumps

MAX_DEPTH = 500
"""Deepest nesting of a line of results; a parser's own limit depends on who calls it."""


@dataclass(frozen=True)
class Graded:
    """What is to be written of a block: the bytes of its lines, and what is to be counted of them.

    `cautions` counts the rows whose scores are doubtful. `stop` says why nothing may be written behind these
    lines, which then are not all: the judge was not asked about the next row.
    """

    text: bytes
    tally: Tally
    cautions: Counter[str]
    stop: str | None = None


@dataclass(frozen=True)
class LineWriter:
    """Grades blocks and words their lines; a slim line has group values in place of item and sample."""

    grader: Grader
    group_by: Sequence[Path] = ()
    slim: bool = False

    def graded(self, block: Block, batch: Batch, tally: Tally) -> Graded:
        """Grade a block and the batch of it, and count its lines in a tally."""
        scores = self.grader.score_batch(batch)
        with collector_paused():
            rows = zip(block.rows, self.grader.grades(scores), self._slim_groups(batch), strict=True)
            written = [self._line(*row) for row in rows]
        place, stop = _not_asked(written) if self.grader.pool else (len(written), None)
        tally.add([line for line, _ in written[:place]])
        text = b"".join([text + b"\n" for _, text in written[:place]])
        return Graded(text, tally, scores.all_cautions(), stop)

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


def _not_asked(written: Sequence[tuple[dict[str, Any], bytes]]) -> tuple[int, str | None]:
    """Find the first row that the judge was not asked about; give its place, and why."""
    for place, (line, _) in enumerate(written):
        for error in line["errors"]:
            if error["reason"] in NOT_ASKED:
                return place, error["detail"]
    return len(written), None


def _depth(text: bytes) -> int:
    """Give how deep a JSON text is nested, or less where that is within `MAX_DEPTH` anyway."""
    if len(text) <= MAX_DEPTH or text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return 0
    steps = (_STEPS[letter] for letter in _NO_BRACKETS.sub(b"", text))
    return max(itertools.accumulate(steps), default=0)


_NO_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[^\[\]{}"]++')
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
