"""Python objects through the pipes between a run and its worker processes: a length, then a pickle."""

import pickle
import struct
from typing import IO, Any

from graders.dataset.collector import collector_paused

_LENGTH = struct.Struct(">Q")


def write_frame(pipe: IO[bytes], value: object) -> None:
    """Write one object and hand it to the operating system."""
    data = value if isinstance(value, bytes) else pickle.dumps(value, protocol=5)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> Any:
    """Read one object.

    Raises:
        EOFError: the other process has ended.
    """
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    with collector_paused():
        return pickle.loads(data)
