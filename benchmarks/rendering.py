"""Template strings against jinja2, on plain paths."""

from collections.abc import Iterator

from graders.analysis.comparisons import rendering
from graders.analysis.measure import Ratio

ROWS = 100_000


def ratios() -> Iterator[Ratio]:
    """Render rows with one and with two placeholders."""
    for comparison in rendering(ROWS):
        assert comparison.ours() == comparison.theirs()
        yield comparison.measured()
