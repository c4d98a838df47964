"""Which system calls a row may make: an allow-list, in names.

Design: what is not named does not exist for a row (ENOSYS); what is known to be asked for by attacks, or by
honest code that deserves a clear `PermissionError`, is refused (EPERM). Processes, programs, sockets, other
processes, shared memory that no limit counts, and everything that changes the system are left out. A few
calls depend on their arguments; `filters` holds those rules. `chmod`, `utime` and the like, which Landlock
does not govern, are allowed only where the mount namespace leaves nothing but the scratch to change.
"""

_FILES = """
    access faccessat faccessat2 open openat creat close close_range dup dup2 dup3 lseek flock
    read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2
    stat fstat lstat newfstatat statx statfs fstatfs getdents getdents64 getcwd chdir fchdir umask
    readlink readlinkat fsync fdatasync fadvise64 readahead copy_file_range sendfile
"""
_CHANGES = """
    mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat
    ftruncate truncate fallocate chmod fchmod fchmodat utime utimes futimesat utimensat
"""
_MEMORY = "brk mmap munmap mremap mprotect madvise msync mincore"
_WAITING = """
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
    eventfd eventfd2 pipe pipe2 futex nanosleep clock_nanosleep pause sched_yield restart_syscall
    alarm setitimer getitimer wait4 waitid
"""
_SIGNALS = """
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigpending rt_sigtimedwait sigaltstack
"""
_FACTS = """
    getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getgroups getpgrp getpgid getsid
    clock_gettime clock_getres gettimeofday time times getrusage getrlimit getcpu getrandom sysinfo uname
    sched_getaffinity sched_getparam sched_getscheduler getpriority
"""
_THREADS = "set_robust_list get_robust_list set_tid_address rseq exit exit_group"
_PAIRS = "sendto recvfrom sendmsg recvmsg shutdown getsockopt getsockname getpeername"

_REFUSED = """
    socket bind connect listen accept accept4 setsockopt sendmmsg recvmmsg
    fork vfork execve execveat setrlimit
    ptrace kcmp process_vm_readv process_vm_writev pidfd_open pidfd_getfd pidfd_send_signal tkill
    memfd_create memfd_secret shmget shmat shmctl shmdt semget semop semctl semtimedop
    msgget msgsnd msgrcv msgctl mq_open mq_unlink
    mount umount2 pivot_root chroot unshare setns open_by_handle_at name_to_handle_at mknod mknodat
    chown fchown lchown fchownat setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid
    setfsgid capset setsid setpgid personality seccomp bpf perf_event_open userfaultfd
    io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key
    inotify_init inotify_init1 fanotify_init swapon swapoff reboot settimeofday clock_settime adjtimex
    clock_adjtime sethostname setdomainname init_module finit_module delete_module kexec_load
    setpriority sched_setaffinity sched_setparam sched_setscheduler sched_setattr ioprio_set
    mlock mlock2 mlockall vhangup acct quotactl syslog iopl ioperm modify_ldt
    landlock_create_ruleset landlock_add_rule landlock_restrict_self
"""
_UNSUPPORTED = """
    setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
    removexattr lremovexattr fremovexattr
"""

BY_ARGUMENT = (
    "clone", "socketpair", "kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    "fcntl", "ioctl", "prctl", "prlimit64",
)  # fmt: skip
"""The calls that `filters` decides by their arguments."""


def allowed(*, changes: bool) -> frozenset[str]:
    """Name the calls that a row may make whatever their arguments; `changes` where a scratch is mounted."""
    groups = (_FILES, _MEMORY, _WAITING, _SIGNALS, _FACTS, _THREADS, _PAIRS, _CHANGES if changes else "")
    return frozenset(" ".join(groups).split())


def refused(*, changes: bool) -> frozenset[str]:
    """Name the calls that are refused by EPERM."""
    return frozenset((_REFUSED + ("" if changes else _CHANGES)).split())


def unsupported() -> frozenset[str]:
    """Name the calls that are answered as by a file system without extended attributes (EOPNOTSUPP)."""
    return frozenset(_UNSUPPORTED.split())


def named() -> frozenset[str]:
    """Name every call that the filter has a rule for."""
    return allowed(changes=True) | refused(changes=True) | unsupported() | {*BY_ARGUMENT}
