"""What the rows of an Arrow table are called.

Design: ids are read from the column that holds them, not from the row, so that a row of which another column
cannot be read still has its own. Whole numbers stay numbers; everything else is a text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, cast

from graders.batch import Segment
from graders.dataset import Row
from graders.engine import field_path
from graders.errors import Failure
from graders.results.columns import writable
from graders.strict_json import dumps
from graders.tables.pieces import cells

NAMELESS = -1
"""The number of a row whose id is no number: no script of judge replies has one for it."""

_OUTPUT_ITEM_ID = "datasource_item_id"


@dataclass(frozen=True)
class Ids:
    """The ids of the rows of a table.

    `values` are JSON values; None where rows go by their place, `unknown` where no column holds the ids, so
    that each row has to say its own.
    """

    type: Any
    values: list[Any] | None
    unknown: bool = False

    @classmethod
    def of(cls, table: Any, id_field: str | None) -> Self:
        """Find the ids of a table's rows: at the path `id_field`, or those that output items bring along."""
        import pyarrow

        name = id_field or (_OUTPUT_ITEM_ID if _OUTPUT_ITEM_ID in table.column_names else None)
        path = field_path(name)
        if path is None:
            return cls(pyarrow.int64(), None)
        column = _column(table, path.text, (path.head, *path.segments))
        if column is None:
            return cls(pyarrow.string(), None, unknown=True)
        return cls(_type_of(column.type), cells(column.combine_chunks())[0])

    def called(self, row: Row, place: int) -> Row:
        """Give a row its id, and the number that it has outside of this table."""
        if self.values is None and not self.unknown:
            return row
        name = self.values[place] if self.values is not None else None if row.failure else row.id
        number = name if type(name) is int and name >= 0 else NAMELESS
        shown = "the row" if name is None else f"row {name!r}"
        return row._replace(number=number, id=self._cell(name), failure=_of_row(row.failure, place, shown))

    def _cell(self, name: Any) -> int | str | None:
        if name is None or not _is_text(self.type):
            return cast(int | None, name)
        return writable(name if isinstance(name, str) else dumps(name).decode())


def _of_row(failure: Failure | None, place: int, shown: str) -> Failure | None:
    """Say of which row a failure is, in the place of where it stands in its table."""
    begin = f"row {place}"
    if failure is None or not failure.detail.startswith(begin):
        return failure
    return replace(failure, detail=shown + failure.detail.removeprefix(begin))


def _column(table: Any, whole: str, path: Sequence[Segment]) -> Any:
    """Give the column of that name, or what lies at that path below one; None where there is none."""
    from pyarrow import compute, types

    if whole in table.column_names:
        return table.column(whole)
    first, *below = path
    column = table.column(first) if first in table.column_names else None
    for name in below:
        if (
            column is None
            or not types.is_struct(column.type)
            or name not in {part.name for part in column.type}
        ):
            return None
        column = compute.struct_field(column, name)
    return column


def _type_of(kind: Any) -> Any:
    """Give the type of the column of ids: 64-bit integers where theirs fits, else text."""
    import pyarrow

    numbers = pyarrow.types.is_integer(kind) and not pyarrow.types.is_uint64(kind)
    return pyarrow.int64() if numbers else pyarrow.string()


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind))
