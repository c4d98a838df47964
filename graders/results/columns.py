"""The rows of a run as columns: which there are, and what stands in a row's cells.

Design: what is nested (errors, traces, item, an object for a sample) is JSON text, because columns of
structs would have to bend every row into one shape. Which columns there are is only known of all rows
together, so the rows are read twice. A letter that UTF-8 has no bytes for (a lone surrogate) is written as
its escape.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from graders.strict_json import dumps

Cell = int | float | bool | str | None
_INTEGERS = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Columns:
    """The columns of a run; `kinds` maps their names to `int`, `float`, `bool` or `str`, in their order."""

    kinds: Mapping[str, type]

    @property
    def names(self) -> list[str]:
        """The names as they are written."""
        return list(map(writable, self.kinds))

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Find the columns that rows of `results.jsonl` have; item and sample have theirs in any case."""
        keys: dict[str, None] = {}
        sub_rewards: dict[str, None] = {}
        groups: dict[str, None] = {}
        numbered = True
        for row in rows:
            keys |= dict.fromkeys(row)
            sub_rewards |= dict.fromkeys(row["sub_rewards"])
            groups |= dict.fromkeys(row.get("groups", ()))
            numbered = numbered and type(row["id"]) is int and row["id"] in _INTEGERS
        kinds: dict[str, type] = {"row": int, "id": int if numbered else str}
        kinds |= {"sample_index": int} if "sample_index" in keys else {}
        kinds |= {"reward": float, "passed": bool}
        kinds |= {f"sub_rewards.{key}": float for key in sub_rewards}
        kinds |= {"errors": str} | ({"traces": str} if "traces" in keys else {})
        kinds |= {f"groups.{key}": str for key in groups}
        return cls(kinds | {"item": str, "sample": str})

    def cells(self, row: Mapping[str, Any]) -> list[Cell]:
        """Give the cells of a row, in the order of the columns; None where it has nothing."""
        flat = dict(row)
        for key in ("sub_rewards", "groups"):
            flat |= {f"{key}.{name}": value for name, value in row.get(key, {}).items()}
        flat["errors"] = row["errors"] or None
        return [_cell(flat.get(name), kind) for name, kind in self.kinds.items()]


def _cell(value: Any, kind: type) -> Cell:
    if value is None:
        return None
    if kind is not str:
        cell: Cell = kind(value)
        return cell
    return writable(value if isinstance(value, str) else dumps(value).decode())


def writable(text: str) -> str:
    """Write what UTF-8 has no bytes for as its escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
