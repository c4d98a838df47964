"""The tables of the first release.

A later release changes them by a step in `migrations`, and freezes what stands here in the first step.
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
)

METADATA = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # where only INTEGER counts up by itself

EVALS = Table(
    "evals",
    METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
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
    Column("id", String(64), nullable=False, unique=True),
    Column("eval_id", String(64), ForeignKey("evals.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("blob", String(64)),
    Column("total", BigInteger),
    Column("done", BigInteger, nullable=False, default=0),
    Column("passed", BigInteger, nullable=False, default=0),
    Column("failed", BigInteger, nullable=False, default=0),
    Column("errored", BigInteger, nullable=False, default=0),
    Column("tally", LargeBinary),
    Column("error", LargeBinary),
    Column("owner", String(64)),
    Column("beat_at", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Index("runs_of_eval", "eval_id", "seq"),
    Index("runs_by_status", "status", "seq"),
    sqlite_autoincrement=True,
)

ITEMS = Table(
    "output_items",
    METADATA,
    Column("run_seq", _NUMBER, ForeignKey("runs.seq", ondelete="CASCADE"), primary_key=True),
    Column("row", BigInteger, primary_key=True, autoincrement=False),
    Column("status", String(8), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("items_by_status", "run_seq", "status", "row"),
)

FILES = Table(
    "files",
    METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("purpose", String(32), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("blob", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("files_by_blob", "blob"),
    Index("files_by_expiry", "expires_at"),
    sqlite_autoincrement=True,
)
