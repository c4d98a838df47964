"""The messages of a judge's prompt: roles, and blocks of text, image and audio."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from graders.config.models import Part


class InputText(Part):
    """A block of text."""

    type: Literal["input_text"]
    text: str
    """A template string."""


class OutputText(Part):
    """A block of text that a model wrote."""

    type: Literal["output_text"]
    text: str
    """A template string."""


class InputImage(Part):
    """A picture."""

    type: Literal["input_image"]
    image_url: str
    """An address or a data URL; a template string."""
    detail: Literal["low", "high", "auto"] | None = None
    """How closely the judge looks; the hosted default is auto."""


class AudioData(Part):
    """Sound, as base64."""

    data: str
    """A template string."""
    format: Literal["mp3", "wav"]


class InputAudio(Part):
    """A block of sound."""

    type: Literal["input_audio"]
    input_audio: AudioData


Block = Annotated[InputText | OutputText | InputImage | InputAudio, Field(discriminator="type")]


def _content_kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "block"


def _piece_kind(value: Any) -> str:
    return "text" if isinstance(value, str) else "block"


_Piece = Annotated[Annotated[str, Tag("text")] | Annotated[Block, Tag("block")], Discriminator(_piece_kind)]
_Content = Annotated[
    Annotated[str, Tag("text")] | Annotated[Block, Tag("block")] | Annotated[list[_Piece], Tag("list")],
    Discriminator(_content_kind),
]


class GraderMessage(Part):
    """One message to the judge."""

    role: Literal["user", "assistant", "system", "developer"]
    content: _Content
    """A template string, one block, or an array of both."""
    type: Literal["message"] | None = None


def message_templates(messages: object) -> Iterator[tuple[str, str]]:
    """Give (path, text) of each template string in a prompt, however wrong the prompt is."""
    if not isinstance(messages, list):
        return
    for index, message in enumerate(messages):
        content = message.get("content") if isinstance(message, Mapping) else None
        yield from _content_templates(content, f"[{index}].content")


def _content_templates(content: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        yield path, content
    elif isinstance(content, list):
        for index, piece in enumerate(content):
            if not isinstance(piece, list):
                yield from _content_templates(piece, f"{path}[{index}]")
    elif isinstance(content, Mapping):
        for name in ("text", "image_url"):
            if isinstance(content.get(name), str):
                yield f"{path}.{name}", content[name]
        audio = content.get("input_audio")
        if isinstance(audio, Mapping) and isinstance(audio.get("data"), str):
            yield f"{path}.input_audio.data", audio["data"]
