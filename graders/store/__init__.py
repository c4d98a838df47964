"""Evals, runs, output items, files and tuning jobs, kept in a database and a folder.

Design: a run is a row that is written when it is asked for and moved on by whoever holds it. Its output items
are added together with its counts in one transaction, so that a process killed at any instant has written a
block of rows and counted it, or done neither. What users send is kept as JSON in one column: nothing of it is
ever a name of ours.
"""

from graders.store.blobs import Blobs, Incoming, QuotaError
from graders.store.database import UNAVAILABLE, Database, StoreError, holds_store, usable
from graders.store.deliveries import Deliveries, Delivery, receiver_of
from graders.store.evals import Evals, StoredEval
from graders.store.files import Files, StoredFile
from graders.store.items import Items
from graders.store.jobs import Event, JobClaim, Jobs, StoredJob
from graders.store.pages import Page, UnknownCursorError
from graders.store.runs import FINAL, Block, Claim, Runs, StoredRun
from graders.store.store import Store

__all__ = [
    "FINAL",
    "UNAVAILABLE",
    "Blobs",
    "Block",
    "Claim",
    "Database",
    "Deliveries",
    "Delivery",
    "Evals",
    "Event",
    "Files",
    "Incoming",
    "Items",
    "JobClaim",
    "Jobs",
    "Page",
    "QuotaError",
    "Runs",
    "Store",
    "StoreError",
    "StoredEval",
    "StoredFile",
    "StoredJob",
    "StoredRun",
    "UnknownCursorError",
    "holds_store",
    "receiver_of",
    "usable",
]
