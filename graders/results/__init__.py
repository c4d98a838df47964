"""The results of a run: its directory, its rows, and the summary that is recomputed from them.

A run directory holds `run.json` (what was graded with what), `results.jsonl` (one line a row, in row
order) and `summary.json`. Nothing in a line depends on time: two runs over the same input are equal to
the byte.
"""

from graders.results.columns import Columns
from graders.results.directory import ROWS, RunDirectory
from graders.results.drafts import write_whole
from graders.results.prices import Price, price_of
from graders.results.results import Results
from graders.results.summary import GroupSummary, PassSummary, Summary
from graders.results.tally import MISSING_GROUP, ROW, Tally, group_text, group_values
from graders.results.where import Condition

__all__ = [
    "MISSING_GROUP",
    "ROW",
    "ROWS",
    "Columns",
    "Condition",
    "GroupSummary",
    "PassSummary",
    "Price",
    "Results",
    "RunDirectory",
    "Summary",
    "Tally",
    "group_text",
    "group_values",
    "price_of",
    "write_whole",
]
