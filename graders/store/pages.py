"""Pages of a list: some objects behind a cursor, and whether more follow.

Design: a page of large objects holds fewer of them than it could. Clients go on while more follow.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, func, or_, select

Stored = TypeVar("Stored")


MOST_BYTES = 32 * 2**20
"""Bytes after which a page of large objects ends."""


class UnknownCursorError(Exception):
    """There is no such object behind which a page could begin."""


@dataclass(frozen=True)
class Page(Generic[Stored]):
    """Some objects, and whether more follow."""

    objects: Sequence[Stored]
    has_more: bool


def rows_behind(
    connection: Connection,
    query: Select[Any],
    by: Sequence[ColumnElement[Any]],
    cursor: Sequence[Any] | None,
    *,
    limit: int,
    descending: bool,
    body: ColumnElement[bytes] | None = None,
) -> tuple[Sequence[Row[Any]], bool]:
    """Give `limit` rows in the order of the columns `by`, from behind those values of a row.

    Where a column `body` is named, the rows end where these bytes would be more than `MOST_BYTES`; there is
    always one row at least, if there is any.
    """
    if cursor is not None:
        query = query.where(_behind(by, cursor, descending))
    ordered = query.order_by(*(each.desc() if descending else each.asc() for each in by))
    if body is None:
        rows = connection.execute(ordered.limit(limit + 1)).all()
        return rows[:limit], len(rows) > limit
    sizes = connection.execute(ordered.with_only_columns(func.length(body)).limit(limit + 1)).scalars().all()
    ends = list(accumulate(sizes[:limit]))
    n = max(bisect_right(ends, MOST_BYTES), min(1, len(ends)))
    return connection.execute(ordered.limit(n)).all(), len(sizes) > n


def _behind(by: Sequence[ColumnElement[Any]], cursor: Sequence[Any], descending: bool) -> ColumnElement[bool]:
    """Compare as tuples are: by the first column that differs."""
    steps = []
    for place, (column, value) in enumerate(zip(by, cursor, strict=True)):
        same = [earlier == of for earlier, of in zip(by[:place], cursor[:place], strict=True)]
        steps.append(and_(*same, column < value if descending else column > value))
    return or_(*steps)


def cursor_of(
    connection: Connection, table: Table, by: Sequence[ColumnElement[Any]], where: ColumnElement[bool]
) -> tuple[Any, ...]:
    """Give the values of the object behind which a page begins.

    Raises:
        UnknownCursorError: there is none.
    """
    row = connection.execute(select(*by).select_from(table).where(where)).first()
    if row is None:
        raise UnknownCursorError
    return tuple(row)
