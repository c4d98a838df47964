"""Reports of a run: a page for people, Markdown for pull requests, JSON for programs."""

import os
from pathlib import Path

from graders.analysis import Agreement, Comparison
from graders.report.contents import Contents
from graders.report.figures import to_figures, to_json
from graders.report.findings import agreement_page, comparison_page
from graders.report.markdown import to_markdown
from graders.report.page import to_html
from graders.results import Results, write_whole
from graders.results.directory import PAGE

__all__ = [
    "PAGE",
    "Contents",
    "agreement_page",
    "comparison_page",
    "to_figures",
    "to_html",
    "to_json",
    "to_markdown",
    "write_report",
]


def write_report(
    results: Results,
    path: str | os.PathLike[str] | None = None,
    *,
    rows: int = 10,
    agreement: Agreement | None = None,
    comparison: Comparison | None = None,
) -> Path:
    """Write the page of a run to `path`, or to `report.html` in its directory; give where it is.

    A file that is there is replaced, by a whole page only. `rows` is how many of the worst, the best, the
    most disputed and the failed rows are shown. `agreement` and `comparison` are what `calibrate` and
    `compare` of `graders.analysis` found of this run, and are drawn in sections of their own.

    Raises:
        RunError: the rows cannot be read.
        OSError: the page cannot be written.
    """
    target = results.path / PAGE if path is None else Path(path)
    write_whole(target, to_html(Contents.of(results, rows, agreement=agreement, comparison=comparison)))
    return target
