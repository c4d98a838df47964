"""Template strings against jinja2, on plain paths."""

from collections.abc import Iterator

from graders.analysis.measure import Ratio
from graders.analysis.races import rendering

ROWS = 100_000


def ratios() -> Iterator[Ratio]:
    """Render rows with one and with two placeholders."""
    for race in rendering(ROWS):
        assert race.ours() == race.theirs()
        yield race.measured()
