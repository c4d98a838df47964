"""Events of runs on their way to the operator's receivers.

Design: an event is written in the transaction that ends its run, so there is none without the other, and it
stays until its receiver has taken it or it is too old. A receiver goes by the digest of its address, which
may let somebody in. Whoever delivers takes an event for a while first; should it die, another one does.
"""

import hashlib
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, insert, select, update

from graders.store.database import Database
from graders.store.tables import DELIVERIES
from graders.strict_json import dumps

_TYPES: Mapping[str, str] = {"completed": "succeeded", "failed": "failed", "canceled": "canceled"}


class Delivery(NamedTuple):
    """An event for one receiver; `created_at` is when its run ended, `attempts` counts this one too."""

    seq: int
    event_id: str
    body: bytes
    created_at: float
    attempts: int


def receiver_of(url: str) -> str:
    """Give the name that the receiver at an address goes by."""
    return hashlib.sha256(url.encode()).hexdigest()


def announce(connection: Connection, receivers: Sequence[str], run_id: str, status: str) -> None:
    """Write down for each receiver that a run has ended with a status."""
    if not receivers:
        return
    now, event_id = time.time(), f"evt_{secrets.token_hex(16)}"
    event = {
        "id": event_id,
        "object": "event",
        "created_at": int(now),
        "type": f"eval.run.{_TYPES[status]}",
        "data": {"id": run_id},
    }
    values = {"event_id": event_id, "body": dumps(event), "created_at": now, "due_at": now, "attempts": 0}
    connection.execute(insert(DELIVERIES), [{**values, "receiver": each} for each in receivers])


class Deliveries:
    """The events of a store that are still to be delivered."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def take(self, receiver: str, now: float, seconds: float) -> Delivery | None:
        """Take the event that is due first, for so many seconds; None where nothing is due."""
        wanted = and_(DELIVERIES.c.receiver == receiver, DELIVERIES.c.due_at <= now)
        query = select(DELIVERIES).where(wanted).order_by(DELIVERIES.c.due_at, DELIVERIES.c.seq).limit(1)
        with self.database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        unchanged = and_(DELIVERIES.c.seq == row.seq, DELIVERIES.c.attempts == row.attempts)
        taken = update(DELIVERIES).where(unchanged).values(attempts=row.attempts + 1, due_at=now + seconds)
        with self.database.writing() as connection:
            if connection.execute(taken).rowcount != 1:  # another one was faster
                return None
        return Delivery(row.seq, row.event_id, bytes(row.body), row.created_at, row.attempts + 1)

    def postpone(self, delivery: Delivery, due_at: float) -> None:
        """Have an event delivered again, not before a time."""
        where = DELIVERIES.c.seq == delivery.seq
        with self.database.writing() as connection:
            connection.execute(update(DELIVERIES).where(where).values(due_at=due_at))

    def remove(self, delivery: Delivery) -> None:
        """Forget an event that was delivered, or is not to be."""
        with self.database.writing() as connection:
            connection.execute(delete(DELIVERIES).where(DELIVERIES.c.seq == delivery.seq))

    def forget(self, before: float) -> int:
        """Forget the events from before a time, whoever they are for; give how many."""
        with self.database.writing() as connection:
            return connection.execute(delete(DELIVERIES).where(DELIVERIES.c.created_at < before)).rowcount
