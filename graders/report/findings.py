"""A comparison, or a calibration, as an HTML page of its own."""

from collections.abc import Sequence

from graders.analysis import Agreement, Comparison
from graders.report.agreement import Calibrated, disagreements, remarked
from graders.report.page import templates
from graders.report.pairs import Compared
from graders.report.provenance import in_brief
from graders.report.rows import views
from graders.report.sealed import style
from graders.report.text import plain
from graders.results import Results


def comparison_page(found: Comparison, runs: Sequence[Results], *, rows: int = 10) -> str:
    """Write what `compare` found of some runs as a page, with at most `rows` flipped rows of a kind."""
    title = f"Comparison by {found.by}" if found.by else "Comparison of runs"
    names = ", ".join(side.name for side in found.sides)
    return _page(title, names, runs, comparison=Compared.of(found, rows), choices=[])


def agreement_page(found: Agreement, run: Results, *, rows: int = 10) -> str:
    """Write what `calibrate` found of a run as a page, with at most `rows` rows of disagreement.

    Raises:
        RunError: the rows cannot be read.
    """
    choices = disagreements(found, rows)
    shown, without_texts = views(run, [place for choice in choices for place in choice.places])
    return _page(
        f"Calibration against {found.label}",
        str(run.about["grader"]["name"]),
        [run],
        agreement=Calibrated.of(found),
        choices=choices,
        views=remarked(shown, found),
        without_texts=without_texts,
    )


def _page(title: str, subtitle: str, runs: Sequence[Results], **parts: object) -> str:
    nothing: dict[str, object] = {
        "comparison": None,
        "agreement": None,
        "views": {},
        "without_texts": None,
        "alone": True,
    }
    template = templates("graders.report").get_template("findings.html.j2")
    return template.render(
        **style("graders.report", "report.css"),
        title=plain(title, 120),
        subtitle=plain(subtitle, 300),
        runs=[in_brief(run.about, str(run.path)) for run in runs],
        **{**nothing, **parts},
    )
