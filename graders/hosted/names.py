"""From an id that a server made up to a name that is safe on every file system."""

import hashlib
import re
from collections.abc import Container

from graders.hosted.connection import quoted

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,100}")
_DEVICES = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])")
_LONGEST = 100


def file_name(name: str, taken: Container[str] = ()) -> str:
    """Give the file name, without suffix, of an id.

    Letters, digits, `_` and `-` stay as they are, everything else is percent-encoded. An id that is too
    long for a name, or whose name differs from one of `taken` (casefolded names) by case at most, goes by
    its sha256; no two ids share a name.
    """
    shown = name if _PLAIN.fullmatch(name) else quoted(name).replace("~", "%7E")
    if _DEVICES.fullmatch(shown):
        shown = f"%{ord(shown[0]):02X}{shown[1:]}"
    if len(shown) > _LONGEST or shown.casefold() in taken:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        shown = f"%sha256-{digest}"
    return shown
