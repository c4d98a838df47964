"""What the template strings of a document become for one row, for people to look at."""

from collections.abc import Iterator
from typing import NamedTuple

from graders.batch import Batch, Item, Sample
from graders.compile.check import parts_of, vocabulary_of
from graders.compile.several import Member, members
from graders.errors import Failure
from graders.registry import Registry
from graders.render import parse_template


class RenderedField(NamedTuple):
    """One template string of a row: where it stands, and its text or why there is none.

    `grader` is what the row's errors call it; empty for a grader that is the whole document.
    """

    grader: str
    field: str
    text: str | Failure


def render_row(document: object, registry: Registry, item: Item, sample: Sample) -> Iterator[RenderedField]:
    """Render each template string of a document, of its sub-graders too, for one row."""
    batch = Batch([dict(item)], [sample])
    for member in members(document) or [Member("", "$", document)]:
        vocabulary = vocabulary_of(member, registry)
        for path, part in parts_of(member):
            below = "" if path == member.path else path.rpartition(".")[2]
            key = ".".join(filter(None, (member.key, below)))
            config = vocabulary.types.get(part.get("type", ""))
            for field, template in config.template_strings(part) if config else ():
                texts, failures = parse_template(template).render(batch)
                yield RenderedField(key, field.removeprefix("."), failures.get(0, texts[0]))
