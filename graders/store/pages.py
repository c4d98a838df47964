"""Pages of a list: some objects behind a cursor, and whether more follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, or_, select

Stored = TypeVar("Stored")


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
) -> tuple[Sequence[Row[Any]], bool]:
    """Give `limit` rows in the order of the columns `by`, from behind those values of a row."""
    if cursor is not None:
        query = query.where(_behind(by, cursor, descending))
    ordered = query.order_by(*(each.desc() if descending else each.asc() for each in by))
    rows = connection.execute(ordered.limit(limit + 1)).all()
    return rows[:limit], len(rows) > limit


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
