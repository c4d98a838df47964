"""The messages of a judge's prompt: roles, and blocks of text, image and audio.

Design: the array form has a class, called as in the official client, where it is a list too; so it is
written, compared and read like one.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, GetCoreSchemaHandler, Tag
from pydantic_core import CoreSchema, core_schema

from graders.config.models import Part


class PromptCacheBreakpoint(Part):
    """Ends the beginning of a prompt that an endpoint may keep for the next one."""

    mode: Literal["explicit"]
    ttl: Literal["30m", "12h"] | None = None
    """How long it is kept at least."""


class InputText(Part):
    """A block of text."""

    type: Literal["input_text"]
    text: str
    """A template string."""
    prompt_cache_breakpoint: PromptCacheBreakpoint | None = None
    """Whether what endpoints keep of a prompt ends here."""


class OutputText(Part):
    """A block of text that a model wrote."""

    type: Literal["output_text"]
    text: str
    """A template string."""


class InputImage(Part):
    """A picture."""

    type: Literal["input_image"]
    image_url: str
    """An address, a data URL or a path below the media root; a template string."""
    detail: Literal["low", "high", "auto"] | None = None
    """How closely the judge looks; the hosted default is auto."""


class AudioData(Part):
    """Sound, as base64 or as a path below the media root."""

    data: str
    """A template string."""
    format: Literal["mp3", "wav"]


class InputAudio(Part):
    """A block of sound."""

    type: Literal["input_audio"]
    input_audio: AudioData


Block = Annotated[InputText | OutputText | InputImage | InputAudio, Field(discriminator="type")]


def _content_kind(value: Any) -> str | None:
    return "list" if isinstance(value, list) else _piece_kind(value)


def _piece_kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "text"
    return "block" if isinstance(value, Mapping | Part) else None


_Piece = Annotated[
    Annotated[str, Tag("text")] | Annotated[Block, Tag("block")],
    Discriminator(_piece_kind, "piece_type", "no piece"),
]


class GraderInputs(list[str | Block]):
    """Texts and blocks, in the order in which the judge reads them."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, handler(list[_Piece]))


_Content = Annotated[
    Annotated[str, Tag("text")] | Annotated[Block, Tag("block")] | Annotated[GraderInputs, Tag("list")],
    Discriminator(_content_kind, "content_type", "no content"),
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
