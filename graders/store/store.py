"""The whole store: a database and a folder of bytes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from graders.store.blobs import Blobs
from graders.store.database import Database, sqlite_url
from graders.store.deliveries import Deliveries
from graders.store.evals import Evals
from graders.store.files import Files
from graders.store.items import Items
from graders.store.jobs import Jobs
from graders.store.runs import Runs

DATABASE, FILES_FOLDER = "store.sqlite", "files"


class Store:
    """Everything that a server keeps, below one folder; the database may lie elsewhere."""

    def __init__(self, folder: Path, database: str | None = None, receivers: Sequence[str] = ()) -> None:
        """Open the store, and bring it up to date; `receivers` are told when a run has ended.

        Raises:
            StoreError: the database cannot be opened, or a later release wrote it.
            OSError: the folder cannot be made.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.database = Database(database or sqlite_url(folder / DATABASE))
        self.blobs = Blobs(folder / FILES_FOLDER, self.database)
        self.evals = Evals(self.database, self.blobs)
        self.runs = Runs(self.database, self.blobs, receivers)
        self.items = Items(self.database)
        self.files = Files(self.database, self.blobs)
        self.jobs = Jobs(self.database)
        self.deliveries = Deliveries(self.database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        self.database.close()
