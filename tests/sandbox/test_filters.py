"""The filter of system calls, run by a small interpreter on every call of both architectures."""

import errno
import struct
from types import SimpleNamespace

import pytest

from graders.sandbox.inside import bpf, filters, profile, syscalls
from graders.sandbox.inside.filters import Filter

PID = 4242
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
TABLES = {"x86_64": syscalls.X86_64, "aarch64": syscalls.AARCH64}
EPERM, ENOSYS = bpf.refuse(errno.EPERM), bpf.refuse(errno.ENOSYS)


@pytest.fixture(params=list(ARCHITECTURES))
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(filters.os, "uname", lambda: SimpleNamespace(machine=request.param))
    return str(request.param)


def action(code: bytes, architecture: int, number: int, *arguments: int) -> int:
    """Run a program on one call, as the kernel would."""
    words = list(arguments) + [0] * (6 - len(arguments))
    data = struct.pack("<IIQ6Q", number, architecture, 0, *words)
    program = list(struct.iter_unpack("=HBBI", code))
    at = accumulator = 0
    while True:
        operation, true, false, constant = program[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, constant)
        elif operation == 0x06:
            return constant
        elif operation == 0x05:
            at += constant
        elif operation == 0x54:
            accumulator &= constant
        else:
            holds = {
                0x15: accumulator == constant,
                0x35: accumulator >= constant,
                0x45: bool(accumulator & constant),
            }[operation]
            at += true if holds else false


@pytest.mark.parametrize("changes", [True, False])
def test_every_call_gets_the_action_of_its_list(machine: str, changes: bool) -> None:
    code = bytes(Filter(changes=changes, threads=True).for_process(PID))
    names = {number: name for name, number in TABLES[machine].items()}
    lists = {
        **dict.fromkeys(profile.unsupported(), bpf.refuse(errno.EOPNOTSUPP)),
        **dict.fromkeys(profile.refused(changes=changes), EPERM),
        **dict.fromkeys(profile.allowed(changes=changes), bpf.ALLOW),
    }
    for number in (*range(600), 0x40000000, 0x40000001, 0xFFFFFFFF):
        name = names.get(number, "")
        if name not in profile.BY_ARGUMENT:
            assert action(code, ARCHITECTURES[machine], number) == lists.get(name, ENOSYS), name


def test_the_lists_do_not_overlap() -> None:
    for changes in (True, False):
        assert not profile.allowed(changes=changes) & profile.refused(changes=changes)
    assert not profile.unsupported() & (profile.allowed(changes=True) | profile.refused(changes=True))
    assert not set(profile.BY_ARGUMENT) & (profile.allowed(changes=True) | profile.refused(changes=True))


def test_a_foreign_architecture_is_killed(machine: str) -> None:
    code = bytes(Filter(changes=True, threads=True).for_process(PID))
    assert action(code, 0x40000003, 1) == bpf.KILL


def test_a_machine_that_is_not_known_gets_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters.os, "uname", lambda: SimpleNamespace(machine="riscv64"))
    with pytest.raises(OSError, match="no filter of system calls is known for the machine 'riscv64'"):
        Filter(changes=True, threads=True)


THREAD, NEW_USER, NEW_NETWORK = 0x3D0F00, 0x10000000, 0x40000000
CASES: list[tuple[str, tuple[int, ...], int]] = [
    ("clone", (THREAD,), bpf.ALLOW),
    ("clone", (17,), EPERM),
    ("clone", (THREAD | NEW_USER,), EPERM),
    ("clone", (NEW_NETWORK | 17,), EPERM),
    ("kill", (PID, 9), bpf.ALLOW),
    *(("kill", (pid & 0xFFFFFFFFFFFFFFFF, 9), EPERM) for pid in (0, 1, -1, -PID, PID + 1)),
    ("tgkill", (PID, 7, 9), bpf.ALLOW),
    ("tgkill", (1, 1, 9), EPERM),
    ("rt_sigqueueinfo", (1, 9), EPERM),
    ("socketpair", (1, 1 | 0o2000000), bpf.ALLOW),
    ("socketpair", (1, 2), EPERM),
    ("socketpair", (2, 1), EPERM),
    ("prlimit64", (0, 9, 0), bpf.ALLOW),
    ("prlimit64", (PID, 9, 0), bpf.ALLOW),
    ("prlimit64", (1, 9, 0), EPERM),
    ("prlimit64", (0, 9, 0x7FFF00000000), EPERM),
    ("prlimit64", (0, 9, 0x1000), EPERM),
    ("prctl", (15,), bpf.ALLOW),
    *(("prctl", (option,), EPERM) for option in (1, 4, 8, 22, 24, 38, 0x59616D61)),
    ("fcntl", (3, 1030), bpf.ALLOW),
    *(("fcntl", (3, command), bpf.refuse(errno.EINVAL)) for command in (8, 10, 15, 1024, 1026, 1031)),
    ("ioctl", (0, 0x5401), bpf.ALLOW),
    *(("ioctl", (0, command), bpf.refuse(errno.ENOTTY)) for command in (0x5412, 0x541C, 0x5423)),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), CASES)
def test_arguments_decide(machine: str, name: str, arguments: tuple[int, ...], expected: int) -> None:
    code = bytes(Filter(changes=True, threads=True).for_process(PID))
    assert action(code, ARCHITECTURES[machine], TABLES[machine][name], *arguments) == expected


def test_without_threads_every_clone_fails_as_if_there_were_too_many(machine: str) -> None:
    code = bytes(Filter(changes=False, threads=False).for_process(PID))
    actual = action(code, ARCHITECTURES[machine], TABLES[machine]["clone"], THREAD)
    assert actual == bpf.refuse(errno.EAGAIN)


def test_a_program_is_small_enough_for_the_kernel(machine: str) -> None:
    assert len(Filter(changes=True, threads=True).for_process(PID)) // 8 < 4096
