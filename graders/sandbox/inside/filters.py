"""The filter of system calls that a row runs under, for the machine at hand.

Design: the process id of the row is part of the filter (signals to anybody else are refused), so the program
is assembled once with a mark in its place, and each row writes its id over the mark.
"""

import errno
import os
import struct
from collections.abc import Mapping

from graders.sandbox.inside import bpf, profile, syscalls

_ARCHITECTURES = {"x86_64": (0xC000003E, syscalls.X86_64), "aarch64": (0xC00000B7, syscalls.AARCH64)}
_MARK = 0x7ABCDEF1
_REFUSED, _UNKNOWN = bpf.refuse(errno.EPERM), bpf.refuse(errno.ENOSYS)

_NEW_NAMESPACES, _THREAD = 0x7E020000, 0x00010000
_UNIX, _STREAM, _KIND_OF_SOCKET = 1, 1, 0xF
# F_DUPFD … F_SETLKW, F_DUPFD_CLOEXEC, F_GETPIPE_SZ, F_OFD_…; not F_SETOWN, F_SETSIG, F_SETPIPE_SZ, F_SETLEASE
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1032, 36, 37, 38)
_IOCTL = (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS(2) … FIONCLEX, FIOCLEX
_PRCTL = (15, 16)  # PR_SET_NAME, PR_GET_NAME


class Filter:
    """The program for rows on this machine.

    `changes` lets a row change files, `threads` lets it start threads.

    Raises:
        OSError: the machine's system calls are not known.
    """

    def __init__(self, *, changes: bool, threads: bool) -> None:
        machine = os.uname().machine
        if machine not in _ARCHITECTURES:
            raise OSError(f"no filter of system calls is known for the machine {machine!r}")
        architecture, numbers = _ARCHITECTURES[machine]
        rules = _rules(numbers, changes=changes, threads=threads)
        program = bpf.program(architecture, rules, bpf.answer(_UNKNOWN))
        self._template = bpf.encode(program)
        self._marks = [8 * at + 4 for at, instruction in enumerate(program) if instruction[3] == _MARK]

    def for_process(self, pid: int) -> bytearray:
        """Give the program for one process."""
        code = bytearray(self._template)
        for at in self._marks:
            struct.pack_into("=I", code, at, pid)
        return code


def _rules(numbers: Mapping[str, int], *, changes: bool, threads: bool) -> dict[int, bpf.Block]:
    named: dict[str, bpf.Block] = {
        **dict.fromkeys(profile.unsupported(), bpf.answer(bpf.refuse(errno.EOPNOTSUPP))),
        **dict.fromkeys(profile.refused(changes=changes), bpf.answer(_REFUSED)),
        **dict.fromkeys(profile.allowed(changes=changes), bpf.answer(bpf.ALLOW)),
        **_rules_by_argument(threads=threads),
    }
    return {numbers[name]: block for name, block in named.items() if name in numbers}


def _rules_by_argument(*, threads: bool) -> dict[str, bpf.Block]:
    to_itself = bpf.only_values(0, (_MARK,), _REFUSED)
    thread = bpf.only_with_bits(0, _THREAD, _NEW_NAMESPACES, _REFUSED)
    # A datagram of a pair can be sent to any address, a stream cannot.
    pair = bpf.both(
        bpf.only_values(0, (_UNIX,), _REFUSED), bpf.only_low_bits(1, _KIND_OF_SOCKET, _STREAM, _REFUSED)
    )
    reads_own_limits = bpf.both(bpf.only_values(0, (0, _MARK), _REFUSED), bpf.only_null(2, _REFUSED))
    return {
        "clone": thread if threads else bpf.answer(bpf.refuse(errno.EAGAIN)),
        "socketpair": pair,
        **dict.fromkeys(("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"), to_itself),
        "fcntl": bpf.only_values(1, _FCNTL, bpf.refuse(errno.EINVAL)),
        "ioctl": bpf.only_values(1, _IOCTL, bpf.refuse(errno.ENOTTY)),
        "prctl": bpf.only_values(0, _PRCTL, _REFUSED),
        "prlimit64": reads_own_limits,
    }
