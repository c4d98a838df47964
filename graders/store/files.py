"""Stored files: what is known of them; their bytes lie in `blobs`."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select

from graders.store.blobs import Blobs, Incoming, QuotaError
from graders.store.database import UNAVAILABLE, Database
from graders.store.pages import Page, cursor_of, rows_behind
from graders.store.tables import FILES
from graders.strict_json import dumps, loads


@dataclass(frozen=True)
class StoredFile:
    """One file; `body` holds its name, `blob` names its bytes."""

    id: str
    created_at: int
    expires_at: int | None
    purpose: str
    bytes: int
    blob: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Files:
    """The files of a store; one that has expired is not there any more."""

    database: Database
    blobs: Blobs

    def add(self, stored: StoredFile, incoming: Incoming, quota: int) -> None:
        """Keep a new file and its bytes.

        Raises:
            QuotaError: all files together would be larger than `quota`, in bytes.
        """
        values = {**vars(stored), "body": dumps(stored.body)}
        try:
            with self.database.writing_alone() as connection:
                held = connection.execute(select(func.coalesce(func.sum(FILES.c.bytes), 0))).scalar_one()
                if held + stored.bytes > quota:
                    raise QuotaError
                self.blobs.keep(incoming)
                connection.execute(insert(FILES).values(values))
        except UNAVAILABLE:
            self.blobs.forget([stored.blob])
            raise

    def get(self, file_id: str, now: int) -> StoredFile | None:
        """Give a file, or None where there is none of that id."""
        with self.database.reading() as connection:
            row = connection.execute(select(FILES).where(FILES.c.id == file_id, _alive(now))).first()
        return None if row is None else _stored(row)

    def delete(self, file_id: str, now: int) -> bool:
        """Remove a file; its bytes stay as long as another file or an unfinished run needs them."""
        return bool(self._remove(and_(FILES.c.id == file_id, _alive(now))))

    def sweep(self, now: int) -> int:
        """Remove every file that has expired; give how many."""
        with self.database.reading() as connection:
            expired = select(FILES.c.seq).where(FILES.c.expires_at <= now).limit(1)
            if connection.execute(expired).first() is None:
                return 0
        return self._remove(FILES.c.expires_at <= now)

    def _remove(self, where: ColumnElement[bool]) -> int:
        with self.database.writing() as connection:
            named = connection.execute(delete(FILES).where(where).returning(FILES.c.blob)).scalars().all()
        self.blobs.forget(named)
        return len(named)

    def page(
        self, *, after: str | None, limit: int, descending: bool, purpose: str | None, now: int
    ) -> Page[StoredFile]:
        """Give files in the order in which they came.

        Raises:
            UnknownCursorError: there is no file `after`.
        """
        query = select(FILES).where(_alive(now))
        if purpose is not None:
            query = query.where(FILES.c.purpose == purpose)
        by = (FILES.c.seq,)
        with self.database.reading() as connection:
            cursor = None if after is None else cursor_of(connection, FILES, by, FILES.c.id == after)
            rows, more = rows_behind(connection, query, by, cursor, limit=limit, descending=descending)
        return Page([_stored(row) for row in rows], more)


def _alive(now: int) -> ColumnElement[bool]:
    return or_(FILES.c.expires_at.is_(None), FILES.c.expires_at > now)


def _stored(row: Row[Any]) -> StoredFile:
    values = {name: getattr(row, name) for name in StoredFile.__dataclass_fields__}
    return StoredFile(**{**values, "body": loads(row.body)})
