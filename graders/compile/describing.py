"""What a grader says of itself, for whoever looks at it in a terminal or a notebook."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from graders.compile.several import members
from graders.config import MultiGrader
from graders.facts import Fact

if TYPE_CHECKING:
    from graders.compile.grader import Grader

_TOLD = ("operation", "evaluation_metric", "model")
"""The fields that say what a grader of its type does."""


def facts_of(grader: "Grader") -> Iterator[Fact]:
    """Give the type, the parts and what they do, from where it passes, who judges, and where sources run."""
    yield "type", _told(grader.document) if grader.config else "several graders, of which all have to pass"
    for key, part in _parts(grader.document):
        yield key, _told(part)
    if isinstance(grader.config, MultiGrader):
        yield "formula", grader.config.calculate_output
    if grader.config is not None:
        threshold = grader.pass_threshold
        yield "passes", "no threshold is known" if threshold is None else f"from {threshold:g}"
    if grader.judge is not None:
        yield "judge", str(grader.judge["identity"])
    if grader.embedder is not None:
        yield "embedder", str(grader.embedder["identity"])
    if grader.confinement is not None:
        yield "sandbox", grader.confinement.level


def _parts(document: Any) -> Iterator[tuple[str, Any]]:
    for member in members(document) or ():
        yield member.key, member.document
    if isinstance(document, Mapping) and document.get("type") == "multi":
        yield from document["graders"].items()


def _told(document: Any) -> str:
    told = [str(document[name]) for name in _TOLD if document.get(name)]
    return " ".join([str(document["type"]), *told])
