"""A form with one file in it, taken in piece by piece: its bytes go straight to their place in the store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from graders.server.failures import ApiError, missing
from graders.store import Incoming

_MOST_FIELDS, _LONGEST_FIELD = 20, 4096


@dataclass
class Upload:
    """What a form held: its fields, and the file's name where it had one; its bytes are in `incoming`."""

    incoming: Incoming
    fields: dict[str, str] = field(default_factory=dict)
    filename: str | None = None


async def receive(content_type: str, pieces: AsyncIterator[bytes], incoming: Incoming) -> Upload:
    """Take a form in.

    Raises:
        ApiError: it is no such form, or holds no file.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        raise ApiError(415, "Expected a body of the content type 'multipart/form-data'.")
    form = _Form(Upload(incoming))
    parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]  # a plain dict
    try:
        async for piece in pieces:
            parser.write(piece)
        parser.finalize()
    except FormParserError:
        raise _broken() from None
    if not form.ended:
        raise _broken()
    if form.upload.filename is None:
        raise missing("file")
    return form.upload


def _broken() -> ApiError:
    return ApiError(400, "We could not parse the form of your request.")


@dataclass
class _Form:
    """Hears what the parser finds, part by part."""

    upload: Upload
    ended: bool = False
    _parts: int = 0
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _name: str | None = None
    _is_file: bool = False
    _text: bytearray = field(default_factory=bytearray)

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MOST_FIELDS:
            raise ApiError(400, f"Expected a form of at most {_MOST_FIELDS} fields.")
        self._name, self._is_file = None, False
        self._text.clear()

    def _header_end(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
            filename = options.get(b"filename")
            self._is_file = self._name == "file" and filename is not None
            if self._is_file and self.upload.filename is not None:
                raise ApiError(400, "Expected one file.", param="file")
            if self._is_file and filename is not None:
                self.upload.filename = _plain(filename)
        self._header.clear()
        self._value.clear()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self.upload.incoming.write(data[start:end])
            return
        self._text.extend(data[start:end])
        if len(self._text) > _LONGEST_FIELD:
            raise ApiError(400, f"Expected fields of at most {_LONGEST_FIELD} bytes.")

    def _part_end(self) -> None:
        if self._name is not None and not self._is_file:
            self.upload.fields[self._name] = self._text.decode("utf-8", "replace")

    def _end(self) -> None:
        self.ended = True


def _plain(filename: bytes) -> str:
    """Give the last part of a file's name; it is shown, and never a path."""
    return filename.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2][:255] or "file"
