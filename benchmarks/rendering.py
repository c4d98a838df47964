"""Template strings against jinja2, on plain paths."""

from collections.abc import Iterator

import jinja2

from benchmarks.measure import Ratio, interleaved
from graders.batch import Batch
from graders.render import parse_template

ROWS = 100_000


def ratios() -> Iterator[Ratio]:
    """Render 100,000 rows with one and with two placeholders."""
    items = [{"answer": f"answer {n}", "facts": {"x": str(n)}} for n in range(ROWS)]
    samples = [f"output {n}" for n in range(ROWS)]
    for text in ("{{item.answer}}", "Q: {{item.facts.x}} A: {{sample.output_text}}"):
        parsed, theirs = parse_template(text), jinja2.Template(text)

        def ours(parsed=parsed):
            return parsed.render(Batch(items, samples)).texts

        def jinja(theirs=theirs):
            pairs = zip(items, samples, strict=True)
            return [theirs.render(item=item, sample={"output_text": sample}) for item, sample in pairs]

        assert ours() == jinja()
        yield Ratio(f"jinja2 / ours, {text}", interleaved(ours, jinja, rounds=3), 25)
