"""What goes through the pipes between the supervisor, the worker and a row.

Design: rows come as JSON in batches. What comes back is a tag of one byte and either the eight bytes of a
float or text of bounded length: there is nothing to parse that a hostile grader could nest, lengthen or
forge beyond its own row. The same check stands at both ends.

    supervisor → worker    settings: length, JSON; then batches: rows, length of all, each row: length, JSON
    worker → supervisor    tag, length, payload
    row → worker           tag, payload, end of file
"""

import math
import os
import struct
from collections.abc import Iterable, Sequence

VALUE = b"v"
"""A score: eight bytes."""
FAILURE = b"f"
"""The user's fault: a byte of `CAUSES`, then text."""
FAULT = b"s"
"""The sandbox's fault: text."""
READY = b"h"
"""The worker is confined and waits for rows: JSON of what it found."""
RENEW = b"n"
"""The worker ends here, before the next row, and another should take over."""

CAUSES = {b"e": "exception", b"r": "result", b"m": "memory", b"d": "disk", b"t": "timeout", b"c": "crash"}
FROM_ROWS = b"ermd"
"""The causes that a row may name itself; the others are the worker's to find."""

LENGTH = struct.Struct("<I")
BATCH = struct.Struct("<IQ")
REPLY = struct.Struct("<cI")
SCORE = struct.Struct("<d")

LONGEST_ROW = 1 << 28
LONGEST_READY = 1 << 22  # two lists of 500 names of 200 characters, each escaped to 12 bytes at the most


def longest_reply(text: int) -> int:
    """Give how many bytes a reply with so many characters of text may have."""
    return 2 + 4 * text


def batch(rows: Sequence[bytes]) -> bytes:
    """Join rows to one message."""
    body = b"".join(part for row in rows for part in (LENGTH.pack(len(row)), row))
    return BATCH.pack(len(rows), len(body)) + body


def split(count: int, body: bytes) -> list[bytes]:
    """Take the rows of a message apart."""
    rows, at = [], 0
    for _ in range(count):
        (length,) = LENGTH.unpack_from(body, at)
        at += LENGTH.size
        rows.append(body[at : at + length])
        at += length
    return rows


def reply(message: bytes) -> bytes:
    """Frame a tag with its payload for the supervisor."""
    return REPLY.pack(message[:1], len(message) - 1) + message[1:]


def failure(cause: bytes, text: str) -> bytes:
    """Make the message of a failure that is the user's fault."""
    return FAILURE + cause + text.encode("utf-8", "replace")


def fault(text: str) -> bytes:
    """Make the message of a failure that is the sandbox's fault."""
    return FAULT + text.encode("utf-8", "replace")


def is_sound(message: bytes, text: int, causes: Iterable[int]) -> bool:
    """Say whether a message is what a row may answer: a finite score, or a bounded failure."""
    if message[:1] == VALUE:
        return len(message) == 1 + SCORE.size and math.isfinite(SCORE.unpack(message[1:])[0])
    if message[:1] != FAILURE or not 2 <= len(message) <= longest_reply(text):
        return False
    return message[1] in causes and is_text(message[2:])


def is_text(data: bytes) -> bool:
    """Say whether bytes are UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def write_all(target: int, data: bytes) -> None:
    """Write everything, however little the pipe takes at once."""
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


def read_exactly(source: int, count: int) -> bytes | None:
    """Read so many bytes; None where the other end closes before."""
    if count <= 1 << 16:
        data = os.read(source, count)
        if len(data) == count:
            return data
    else:
        data = b""
    parts = bytearray(data)
    while len(parts) < count:
        data = os.read(source, min(count - len(parts), 1 << 20))
        if not data:
            return None
        parts += data
    return bytes(parts)
