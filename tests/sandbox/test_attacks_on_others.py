"""A source reaches no network, no other process and no environment of ours."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Contained = Callable[..., None]
SECRET = "do-not-tell"


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server.getsockname()[1]
        with pytest.raises(BlockingIOError):
            server.accept()


NETWORK = {
    "tcp": "refused(socket.create_connection, ('127.0.0.1', item['port']), 1)",
    "tcp over ipv6": "refused(socket.socket, socket.AF_INET6, socket.SOCK_STREAM)",
    "udp": "refused(socket.socket, socket.AF_INET, socket.SOCK_DGRAM)",
    "dns": "refused(socket.getaddrinfo, 'example.com', 80)",
    "listening": "refused(socket.create_server, ('127.0.0.1', 0))",
    "unix": "refused(socket.socket, socket.AF_UNIX, socket.SOCK_STREAM)",
    "unix datagrams": "refused(socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)",
    "raw": "refused(socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)",
    "packet": "refused(socket.socket, socket.AF_PACKET, socket.SOCK_RAW)",
    "netlink": "refused(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW)",
    "vsock": "refused(socket.socket, socket.AF_VSOCK, socket.SOCK_STREAM)",
    "kernel crypto": "refused(socket.socket, socket.AF_ALG, socket.SOCK_SEQPACKET)",
    "http": "refused(urllib.request.urlopen, f'http://127.0.0.1:{item[\"port\"]}', timeout=1)",
}


@pytest.mark.parametrize("attempt", NETWORK.values(), ids=NETWORK)
def test_it_reaches_no_network(contained: Contained, listening: int, attempt: str) -> None:
    contained(f"import socket, urllib.request\ndef attack(item): return {attempt}", port=listening)


@pytest.mark.parametrize("abstract", [False, True])
def test_it_reaches_no_unix_socket(contained: Contained, tmp_path: Path, abstract: bool) -> None:
    name = "\0graders-test" if abstract else str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(name)
        server.setblocking(False)
        contained(
            """
import socket
def attack(item):
    one, other = socket.socketpair()
    refused(one.sendto, b"x", item["name"])
    refused(one.connect, item["name"])
    return refused(socket.socket, socket.AF_UNIX, socket.SOCK_DGRAM)
""",
            name=name,
        )
        with pytest.raises(BlockingIOError):
            server.recv(10)


def test_it_sees_no_environment_of_ours(contained: Contained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADERS_SECRET", SECRET)
    contained(
        """
import os
def attack(item):
    assert item["secret"] not in str(os.environ)
    known = {"PATH", "LANG", "TZ", "HOME", "TMPDIR", "TEMP", "TMP", "PWD", "LC_CTYPE"}
    strange = [name for name in os.environ if name not in known and not name.startswith("PYTHON")]
    assert all(name.endswith("_NUM_THREADS") for name in strange), strange
    for who in ("self", "1", str(item["pid"]), str(os.getppid()), "thread-self"):
        for what in ("environ", "mem", "maps", "cmdline", "fd", "root"):
            refused(open, f"/proc/{who}/{what}", "rb")
    return refused(os.listdir, "/proc")
""",
        secret=SECRET,
        pid=os.getpid(),
    )


def test_it_reaches_no_other_process(contained: Contained) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        contained(
            """
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    if libc.syscall(ctypes.c_long(number), *words) < 0:
        raise OSError(ctypes.get_errno(), "refused")
def attack(item):
    for pid in (*item["pids"], os.getppid(), 1, -1, 0):
        for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, 0):
            refused(os.kill, pid, number)
        for attempt in (os.killpg, os.getpgid and os.setpgid, os.pidfd_open):
            refused(attempt, pid, 0)
        numbers = {"x86_64": (101, 310, 311, 312), "aarch64": (117, 270, 271, 272)}[os.uname().machine]
        for number in numbers:  # ptrace, process_vm_readv, process_vm_writev, kcmp
            refused(call, number, 16, pid, 0, 0, 0, 0)
            refused(call, number, pid, 0, 0, 0, 0, 0)
    return True
""",
            pids=[os.getpid(), bystander.pid],
        )
        assert bystander.poll() is None
    finally:
        bystander.communicate(b"\n")
    assert bystander.returncode == 0


PROCESSES = {
    "fork": "os.fork()",
    "vfork": "libc.vfork()",
    "a program": "subprocess.run(['/bin/true'])",
    "a shell": "os.posix_spawn('/bin/sh', ['sh'], {})",
    "another program in its place": "os.execv(sys.executable, ['python'])",
    "a pool": "multiprocessing.Process(target=print).start()",
    "a daemon": "(os.fork() or os.setsid())",
    "su": "os.execv('/bin/su', ['su'])",
}


@pytest.mark.parametrize("attempt", PROCESSES.values(), ids=PROCESSES)
def test_it_starts_no_process(contained: Contained, attempt: str) -> None:
    contained(f"""
import ctypes, multiprocessing, os, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def attempt():
    if {attempt} == -1:
        raise OSError
def attack(item):
    return refused(attempt)
""")


def test_a_fork_bomb_starts_nothing(contained: Contained) -> None:
    contained("""
import os
def attack(item):
    return all(refused(os.fork) for _ in range(1000))
""")


PRIVILEGES = {
    "another user": "refused(os.setuid, 0) and refused(os.setresuid, 0, 0, 0) and refused(os.setgroups, [0])",
    "chroot": "refused(os.chroot, '/')",
    "nice": "refused(os.setpriority, os.PRIO_PROCESS, 0, -5)",
    "limits": "refused(raised)",
    "calls": "all(refused(call, number) for number in numbers)",
    "clone flags": "all(refused(call, clone, flag | 17) for flag in (0x10000000, 0x20000000, 0x40000000, 0))",
    "clone3": "refused(call, 435)",
    "foreign numbers": "refused(call, 0x40000000 + 39) and refused(call, 100_000)",
}


@pytest.mark.parametrize("attempt", PRIVILEGES.values(), ids=PRIVILEGES)
def test_it_gains_no_privilege(contained: Contained, attempt: str) -> None:
    contained(f"""
import ctypes, os, resource
libc = ctypes.CDLL(None, use_errno=True)
clone, *numbers = {{
    # mount, umount, unshare, setns, pivot_root, ptrace, personality, prctl, seccomp, bpf, perf_event_open,
    # userfaultfd, memfd_create, keyctl, add_key, open_by_handle_at, shmget, msgget, semget, mq_open, swapon,
    # quotactl, syslog, landlock, capset, process_madvise, fanotify_init, inotify_init1, kexec_load
    "x86_64": (56, 165, 166, 272, 308, 155, 101, 135, 157, 317, 321, 298, 323, 319, 250, 248, 304, 29, 68, 64,
               240, 167, 179, 103, 444, 126, 440, 300, 294, 246, 154, 172, 173, 425, 426, 427),
    "aarch64": (220, 40, 39, 97, 268, 41, 117, 92, 167, 277, 280, 241, 282, 279, 219, 217, 265, 194, 186, 190,
                180, 224, 60, 116, 444, 91, 440, 262, 26, 104, 425, 426, 427),
}}[os.uname().machine]
def call(number, first=0):
    if libc.syscall(ctypes.c_long(number), ctypes.c_long(first), 0, 0, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), str(number))
def raised():
    try:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except ValueError as error:
        raise OSError from error
def attack(item):
    return {attempt}
""")


def test_it_is_not_root(contained: Contained) -> None:
    contained(
        "import os\ndef attack(item): return 0 not in (*os.getresuid(), *os.getresgid(), *os.getgroups())"
    )
