"""The prompt of a model grader: messages whose texts are template strings, rendered by column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from graders.batch import Batch
from graders.batch import Path as ValuePath
from graders.config import GraderMessage
from graders.errors import Failure
from graders.render import TemplateString, parse_template
from graders.scoring._media import Picture, Sound

Message = dict[str, Any]

_TEXT_FIELD = {"input_text": "text", "output_text": "text", "input_image": "image_url"}


class _Place(NamedTuple):
    """A template string, and what makes its text ready to be sent where it is no plain text."""

    template: TemplateString
    media: Picture | Sound | None = None


@dataclass(frozen=True)
class Prompt:
    """Messages as a document gives them, and the template strings in them in the order of reading."""

    messages: tuple[Message, ...]
    places: tuple[_Place, ...]

    @classmethod
    def of(cls, messages: Sequence[GraderMessage], media_root: Path | None = None) -> Self:
        """Parse the template strings of a prompt; pictures and sounds at a path are below `media_root`.

        A content that is a text stays a text; one block becomes a list of one, and a text in a list a
        block of text.
        """
        plain = tuple({"role": each.role, "content": _content(each)} for each in messages)
        return cls(plain, tuple(place for each in plain for place in _places(each["content"], media_root)))

    @property
    def paths(self) -> tuple[ValuePath, ...]:
        """The paths of every template string."""
        return tuple(path for place in self.places for path in place.template.paths)

    def render(self, batch: Batch) -> tuple[dict[int, tuple[Message, ...]], dict[int, Failure]]:
        """Give the messages of each row that can be rendered, and why the others cannot."""
        rendered = [place.template.render(batch) for place in self.places]
        failures: dict[int, Failure] = dict(batch.failures)
        for column in rendered:
            failures = column.failures | failures
        columns = [
            _ready(place, column.texts, batch, failures)
            for place, column in zip(self.places, rendered, strict=True)
        ]
        asked = [row for row in range(len(batch)) if row not in failures]
        return {row: self._filled(iter([texts[row] for texts in columns])) for row in asked}, failures

    def _filled(self, texts: Iterator[str]) -> tuple[Message, ...]:
        return tuple(
            {"role": each["role"], "content": _fill(each["content"], texts)} for each in self.messages
        )


def _ready(place: _Place, texts: Sequence[str], batch: Batch, failures: dict[int, Failure]) -> Sequence[str]:
    """Make the texts of a place ready to be sent, each once in a batch, and add what fails to `failures`."""
    if place.media is None:
        return texts
    known: dict[str, str | Failure] = batch.memo.setdefault(place.media, {})
    ready = list(texts)
    for row, text in enumerate(texts):
        if row in failures:
            continue
        if text not in known:
            known[text] = place.media.ready(text)
        found = known[text]
        if isinstance(found, Failure):
            failures[row] = found
        else:
            ready[row] = found
    return ready


def _content(message: GraderMessage) -> str | list[dict[str, Any]]:
    content = message.model_dump(exclude_unset=True)["content"]
    if isinstance(content, str):
        return content
    pieces = content if isinstance(content, list) else [content]
    return [{"type": "input_text", "text": piece} if isinstance(piece, str) else piece for piece in pieces]


def _places(content: str | list[dict[str, Any]], root: Path | None) -> Iterator[_Place]:
    if isinstance(content, str):
        yield _Place(parse_template(content))
        return
    for block in content:
        if block["type"] == "input_audio":
            sound = block["input_audio"]
            yield _Place(parse_template(sound["data"]), Sound(root, sound["format"]))
        else:
            template = parse_template(block[_TEXT_FIELD[block["type"]]])
            yield _Place(template, Picture(root) if block["type"] == "input_image" else None)


def _fill(content: str | list[dict[str, Any]], texts: Iterator[str]) -> str | list[dict[str, Any]]:
    """Put the next texts in the places of the template strings."""
    if isinstance(content, str):
        return next(texts)
    return [_fill_block(block, next(texts)) for block in content]


def _fill_block(block: dict[str, Any], text: str) -> dict[str, Any]:
    if block["type"] == "input_audio":
        return {**block, "input_audio": {**block["input_audio"], "data": text}}
    return {**block, _TEXT_FIELD[block["type"]]: text}
