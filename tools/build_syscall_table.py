"""Write `graders/sandbox/inside/syscalls.py`: the numbers of the calls that the filter names.

Run it on Debian with `linux-libc-dev` after a change of the names in `graders/sandbox/inside/profile.py`:

    python tools/build_syscall_table.py
"""

import re
import subprocess
import textwrap
from pathlib import Path

from graders.sandbox.inside import profile

X86 = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
ARM = Path("/usr/include/asm-generic/unistd.h")
TARGET = Path(profile.__file__).with_name("syscalls.py")
HEAD = '''"""The numbers of the system calls that the filter names; written by tools/build_syscall_table.py.

A name that an architecture does not have is missing in its table.
"""


def _table(text: str) -> dict[str, int]:
    words = text.split()
    return {name: int(number) for name, number in zip(words[::2], words[1::2], strict=True)}

'''


def numbers(header: Path, *definitions: str) -> dict[str, int]:
    """Read the numbers after the preprocessor, so that conditional names come out right."""
    command = ["cpp", "-dM", *definitions, str(header)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = dict(re.findall(r"^#define (__NR\w*) (\S+)$", lines, re.MULTILINE))
    values = {name: value for name, value in found.items() if name.startswith("__NR_")}
    return {name.removeprefix("__NR_"): _value(value, found) for name, value in values.items()}


def _value(text: str, found: dict[str, str]) -> int:
    return int(text) if text.isdigit() else _value(found[text], found)


def main() -> None:
    """Write the table, and say what neither architecture has."""
    tables = {
        "x86_64": numbers(X86),
        "aarch64": numbers(ARM, "-D__BITS_PER_LONG=64", "-D__ARCH_WANT_RENAMEAT", "-D__ARCH_WANT_NEW_STAT"),
    }
    names = sorted(profile.named())
    unknown = [name for name in names if not any(name in table for table in tables.values())]
    print("unknown to both:", unknown)
    lines = [HEAD]
    for architecture, table in tables.items():
        text = " ".join(f"{name} {table[name]}" for name in names if name in table)
        lines.append(f'{architecture.upper()} = _table("""')
        lines += textwrap.wrap(text, 108, initial_indent="    ", subsequent_indent="    ")
        lines.append('""")\n')
    TARGET.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
