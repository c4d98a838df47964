"""The tables, each in the metadata of the step in `migrations` that makes it.

A later release changes them by a step of its own, and freezes what stands here in the steps before it.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
)


class Word(TypeDecorator[str]):
    """A short text of ours; one that no database can hold is looked for as another one."""

    impl, cache_ok = String, True

    def process_bind_param(self, value: str | None, _: object) -> str | None:
        """Replace what cannot be sent to a database."""
        return None if value is None else value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")


METADATA, JOBS_METADATA, DELIVERIES_METADATA = MetaData(), MetaData(), MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # where only INTEGER counts up by itself

EVALS = Table(
    "evals",
    METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", Word(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("evals_updated", "updated_at", "seq"),
    sqlite_autoincrement=True,
)

RUNS = Table(
    "runs",
    METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", Word(64), nullable=False, unique=True),
    Column("eval_id", Word(64), ForeignKey("evals.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("status", Word(16), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("blob", Word(64)),
    Column("total", BigInteger),
    Column("done", BigInteger, nullable=False, default=0),
    Column("passed", BigInteger, nullable=False, default=0),
    Column("failed", BigInteger, nullable=False, default=0),
    Column("errored", BigInteger, nullable=False, default=0),
    Column("tally", LargeBinary),
    Column("error", LargeBinary),
    Column("owner", Word(64)),
    Column("beat_at", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Index("runs_of_eval", "eval_id", "seq"),
    Index("runs_by_status", "status", "seq"),
    sqlite_autoincrement=True,
)

ITEMS = Table(
    "output_items",
    METADATA,
    Column("run_seq", _NUMBER, primary_key=True, autoincrement=False),
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    Column("status", Word(8), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("items_by_status", "run_seq", "status", "row"),
)

REMOVED_RUNS = Table(  # runs that are gone, whose output items are still to be removed
    "removed_runs",
    METADATA,
    Column("run_seq", _NUMBER, primary_key=True, autoincrement=False),
)

FILES = Table(
    "files",
    METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", Word(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("purpose", Word(32), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("blob", Word(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("files_by_blob", "blob"),
    Index("files_by_expiry", "expires_at"),
    sqlite_autoincrement=True,
)

JOBS = Table(
    "tuning_jobs",
    JOBS_METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", Word(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("status", Word(32), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("error", LargeBinary),
    Column("owner", Word(64)),
    Column("beat_at", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Index("tuning_jobs_by_status", "status", "seq"),
    sqlite_autoincrement=True,
)

EVENTS = Table(
    "tuning_events",
    JOBS_METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", Word(64), nullable=False, unique=True),
    Column("job_seq", _NUMBER, ForeignKey("tuning_jobs.seq", ondelete="CASCADE"), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("tuning_events_of_job", "job_seq", "seq"),
    sqlite_autoincrement=True,
)

DELIVERIES = Table(
    "webhook_deliveries",
    DELIVERIES_METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False),
    Column("receiver", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Index("webhook_deliveries_due", "receiver", "due_at"),
    sqlite_autoincrement=True,
)
