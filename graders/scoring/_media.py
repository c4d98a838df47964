"""Pictures and sounds of a prompt: addresses and data are sent as they are, paths as what the file holds.

Design: what a path says may come from a model, so it is hostile. It leads below one folder that the user
named and nowhere else: it is resolved, compared with that folder, and then opened step by step without
following a link, so that a link which appears in between is refused too. Nothing but a regular file of
bounded size is read, and its type is what its first bytes say, not its name.
"""

import base64
import binascii
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from graders.config.problems import show
from graders.errors import Failure

LARGEST_FILE = 20 * 2**20
"""Most bytes of one picture or sound."""

_NO_ROOT = "is a path, and no folder of media is named: --media-root (in Python: Options(media_root=...))"
_SENT_AS_IT_IS = ("http://", "https://", "data:")
_OTHER_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_BASE64_URL = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)

_IMAGES: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
)
_SOUNDS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("wav", re.compile(rb"RIFF.{4}WAVE", re.DOTALL)),
    # A tag, or the first frame: eleven bits set, a version of MPEG, layer III.
    ("mp3", re.compile(rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")),
)


@dataclass(frozen=True)
class Picture:
    """Makes an `image_url` ready to be sent; paths are below `root`."""

    root: Path | None

    def ready(self, text: str) -> str | Failure:
        """Give an address or a data URL as it is, and of a path the file as a data URL."""
        if not text.strip():
            return _unavailable("the image_url is empty")
        if text[:8].lower().startswith(_SENT_AS_IT_IS):
            return text
        found = _read(text, self.root, _IMAGES)
        if isinstance(found, Failure):
            return found
        kind, content = found
        return f"data:image/{kind};base64,{_encoded(content)}"


@dataclass(frozen=True)
class Sound:
    """Makes the `data` of an audio block of this format ready to be sent; paths are below `root`."""

    root: Path | None
    audio_format: str

    def ready(self, text: str) -> str | Failure:
        """Give base64 as it is, that of a data URL, and of a path the file as base64."""
        if not text.strip():
            return _unavailable("the audio data are empty")
        announced = _BASE64_URL.match(text)
        encoded = text[announced.end() :] if announced else text
        if _is_base64(encoded):
            return encoded
        if text[:5].lower() == "data:":
            return _unavailable(f"expected a data URL that holds base64; got {show(text)}")
        found = _read(text, self.root, _SOUNDS)
        if isinstance(found, Failure):
            return found
        kind, content = found
        if kind != self.audio_format:
            return _unavailable(f"{show(text)} holds {kind}, and the prompt says {self.audio_format}")
        return _encoded(content)


def _read(
    text: str, root: Path | None, kinds: Sequence[tuple[str, re.Pattern[bytes]]]
) -> tuple[str, bytes] | Failure:
    """Give kind and content of the file at a path, or say why it cannot be sent."""
    named = show(text)
    if _OTHER_ADDRESS.match(text):
        return _unavailable(f"expected http, https, data or a path; got {named}")
    if root is None:
        return _unavailable(f"{named} {_NO_ROOT}")
    try:
        content = _content(*_place(text, root))
    except OSError as error:
        return _unavailable(f"{named} cannot be read: {(error.strerror or str(error)).lower()}")
    except ValueError as error:
        return _unavailable(f"{named} {error}")
    kind = next((name for name, beginning in kinds if beginning.match(content)), None)
    if kind is None:
        names = ", ".join(name for name, _ in kinds)
        return _unavailable(f"{named} is none of {names}, by its first bytes")
    return kind, content


def _place(text: str, root: Path) -> tuple[str, tuple[str, ...]]:
    """Resolve a path: the folder of media, and the steps from there to what the path names.

    Raises:
        OSError: it is not there.
        ValueError: it leads elsewhere.
    """
    for path in (PurePosixPath(text), PureWindowsPath(text)):
        if path.anchor or ".." in path.parts:
            raise ValueError("leads out of the media root: expected a path below it")
    folder = os.path.realpath(root, strict=True)
    try:
        place = Path(os.path.realpath(os.path.join(folder, text), strict=True))
    except ValueError:  # a zero byte, or half of a surrogate pair
        raise ValueError("is no path") from None
    if not place.is_relative_to(folder):
        raise ValueError("leads out of the media root by a link")
    return folder, place.relative_to(folder).parts


def _content(folder: str, parts: tuple[str, ...]) -> bytes:
    """Read a file.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is no regular file, or too large.
    """
    if not Path(folder, *parts).is_file():  # a device is better not opened at all
        raise ValueError("is no regular file")
    descriptor = _open_below(folder, parts)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("is no regular file")
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(LARGEST_FILE + 1)
    finally:
        os.close(descriptor)
    if len(content) > LARGEST_FILE:
        raise ValueError(f"is larger than {LARGEST_FILE // 2**20} MiB")
    return content


# Not every platform has every flag. Without O_NONBLOCK a named pipe would be waited for.
_OPTIONAL = ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK")
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in _OPTIONAL)


def _open_below(folder: str, parts: Sequence[str]) -> int:
    """Open a file step by step, none of which may be a link."""
    if os.open not in os.supports_dir_fd:
        return os.open(os.path.join(folder, *parts), _FLAGS)
    here = os.open(folder, _FLAGS)
    try:
        for part in parts[:-1]:
            below = os.open(part, _FLAGS | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = below
        return os.open(parts[-1], _FLAGS, dir_fd=here)
    finally:
        os.close(here)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _unavailable(detail: str) -> Failure:
    return Failure("media_unavailable", detail)
