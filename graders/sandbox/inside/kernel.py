"""The calls of Linux that Python has no name for; each raises OSError when the kernel says no."""

import ctypes
import os
import struct
from functools import cache
from typing import Any

_SET_DEATH_SIGNAL, _SET_DUMPABLE, _SET_SECCOMP, _SET_NO_NEW_PRIVILEGES = 1, 4, 22, 38
_GET_NO_NEW_PRIVILEGES = 39
_CLEAR_AMBIENT = (47, 4)
_FILTER_MODE = 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_BENEATH_PATH = 1
_NOSUID_NODEV_NOEXEC = 2 | 4 | 8
_CAPABILITIES = 0x20080522  # version 3: two words of 32 bits each


@cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
    return result


def _syscall(what: str, number: int, *arguments: Any) -> int:
    words = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _checked(_libc().syscall(ctypes.c_long(number), *words), what)


def _prctl(what: str, option: int, *arguments: Any) -> int:
    words = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    words += [ctypes.c_ulong(0)] * (4 - len(words))
    return _checked(_libc().prctl(ctypes.c_int(option), *words), what)


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends."""
    _prctl("prctl(PR_SET_PDEATHSIG)", _SET_DEATH_SIGNAL, 9)


def gain_no_privileges() -> None:
    """Never gain a privilege by running a program; seccomp and Landlock ask for this."""
    _prctl("prctl(PR_SET_NO_NEW_PRIVS)", _SET_NO_NEW_PRIVILEGES, 1)
    if _prctl("prctl(PR_GET_NO_NEW_PRIVS)", _GET_NO_NEW_PRIVILEGES) != 1:
        raise OSError("no_new_privs does not hold")


def be_undumpable() -> None:
    """Let no process of the same user look into this one."""
    _prctl("prctl(PR_SET_DUMPABLE)", _SET_DUMPABLE, 0)


def install_filter(program: bytearray) -> None:
    """Run under a filter of system calls from here on, for good."""
    code = (ctypes.c_char * len(program)).from_buffer(program)
    head = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(code)))
    _prctl("prctl(PR_SET_SECCOMP)", _SET_SECCOMP, _FILTER_MODE, ctypes.byref(head))


def mount_scratch(folder: str, size: int, files: int, *, owner: int | None) -> None:
    """Mount an empty file system in memory that holds so many bytes and files, for its owner alone."""
    whose = "" if owner is None else f",uid={owner},gid={owner}"
    options = f"size={size},nr_inodes={files},mode=700{whose}".encode()
    flags = ctypes.c_ulong(_NOSUID_NODEV_NOEXEC)
    _checked(_libc().mount(b"scratch", folder.encode(), b"tmpfs", flags, options), f"mount of {folder}")


def drop_capabilities() -> None:
    """Give up every capability, and make sure of it."""
    _prctl("prctl(PR_CAP_AMBIENT)", _CLEAR_AMBIENT[0], _CLEAR_AMBIENT[1])
    head = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITIES, 0))
    data = ctypes.create_string_buffer(24)
    _checked(_libc().capset(head, data), "capset")
    _checked(_libc().capget(head, data), "capget")
    if any(data.raw[:24]):
        raise OSError("capabilities are left")


def landlock_version() -> int:
    """Give the version of Landlock that the kernel has, 0 where it has none."""
    try:
        return _syscall("landlock", _CREATE_RULESET, None, 0, 1)
    except OSError:
        return 0


def make_ruleset(files: int, network: int, scopes: int) -> int:
    """Make a Landlock ruleset that governs these rights; give its file descriptor."""
    version = landlock_version()
    words = (files, network, scopes)[: 3 if version >= 6 else 2 if version >= 4 else 1]
    packed = ctypes.create_string_buffer(struct.pack(f"={len(words)}Q", *words), 8 * len(words))
    return _syscall("landlock_create_ruleset", _CREATE_RULESET, packed, 8 * len(words), 0)


def allow_beneath(ruleset: int, path: str, rights: int) -> None:
    """Let a ruleset allow rights on a path and what lies below it."""
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, folder))
        _syscall("landlock_add_rule", _ADD_RULE, ruleset, _BENEATH_PATH, rule, 0)
    finally:
        os.close(folder)


def restrict_self(ruleset: int) -> None:
    """Live under a ruleset from here on, for good."""
    _syscall("landlock_restrict_self", _RESTRICT_SELF, ruleset, 0)
