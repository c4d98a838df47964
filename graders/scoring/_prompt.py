"""The prompt of a model grader: messages whose texts are template strings, rendered by column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from graders.batch import Batch, Path
from graders.config import GraderMessage
from graders.errors import Failure
from graders.render import TemplateString, parse_template

Message = dict[str, Any]

_TEXT_FIELD = {"input_text": "text", "output_text": "text", "input_image": "image_url"}


@dataclass(frozen=True)
class Prompt:
    """Messages as a document gives them, and the template strings in them in the order of reading."""

    messages: tuple[Message, ...]
    templates: tuple[TemplateString, ...]

    @classmethod
    def of(cls, messages: Sequence[GraderMessage]) -> Self:
        """Parse the template strings of a prompt.

        A content that is a text stays a text; one block becomes a list of one, and a text in a list a
        block of text.
        """
        plain = tuple({"role": each.role, "content": _content(each)} for each in messages)
        texts = [text for each in plain for text in _texts(each["content"])]
        return cls(plain, tuple(map(parse_template, texts)))

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths of every template string."""
        return tuple(path for template in self.templates for path in template.paths)

    def render(self, batch: Batch) -> tuple[dict[int, tuple[Message, ...]], dict[int, Failure]]:
        """Give the messages of each row that can be rendered, and why the others cannot."""
        rendered = [template.render(batch) for template in self.templates]
        failures: dict[int, Failure] = dict(batch.failures)
        for column in rendered:
            failures = column.failures | failures
        columns = [column.texts for column in rendered]
        asked = [row for row in range(len(batch)) if row not in failures]
        return {row: self._filled(iter([texts[row] for texts in columns])) for row in asked}, failures

    def _filled(self, texts: Iterator[str]) -> tuple[Message, ...]:
        return tuple(
            {"role": each["role"], "content": _fill(each["content"], texts)} for each in self.messages
        )


def _content(message: GraderMessage) -> str | list[dict[str, Any]]:
    content = message.model_dump(exclude_unset=True)["content"]
    if isinstance(content, str):
        return content
    pieces = content if isinstance(content, list) else [content]
    return [{"type": "input_text", "text": piece} if isinstance(piece, str) else piece for piece in pieces]


def _texts(content: str | list[dict[str, Any]]) -> Iterator[str]:
    if isinstance(content, str):
        yield content
        return
    for block in content:
        if block["type"] == "input_audio":
            yield block["input_audio"]["data"]
        else:
            yield block[_TEXT_FIELD[block["type"]]]


def _fill(content: str | list[dict[str, Any]], texts: Iterator[str]) -> str | list[dict[str, Any]]:
    """Put the next texts in the places of the template strings."""
    if isinstance(content, str):
        return next(texts)
    return [_fill_block(block, next(texts)) for block in content]


def _fill_block(block: dict[str, Any], text: str) -> dict[str, Any]:
    if block["type"] == "input_audio":
        return {**block, "input_audio": {**block["input_audio"], "data": text}}
    return {**block, _TEXT_FIELD[block["type"]]: text}
