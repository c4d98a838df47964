"""Tell the operator's receivers that a run has ended, signed as the official client checks it.

Design: what is to be told lies in the store, so it outlives this process. Each receiver has a thread of its
own and each request a time, so one that is slow or dead holds up neither the runs nor the others. Addresses
come from the command line; nothing that a request or a document says is ever asked.

Source: standardwebhooks.com, specification, sections on signatures and on deliverability.
"""

import base64
import binascii
import hashlib
import hmac
import random
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from graders.endpoints.client import Client, NoAnswerError
from graders.endpoints.credentials import Entrance
from graders.errors import DataError
from graders.server.faults import say
from graders.server.settings import Settings
from graders.store import UNAVAILABLE, Deliveries, Delivery, receiver_of

PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
_LOOK_EVERY, _SWEEP_EVERY, _SECONDS = 0.5, 3600.0, 15.0
_LONGEST_WAIT, OLDEST = 3600.0, 72 * 3600.0
"""Most seconds between two attempts, and from the end of a run to the last attempt."""


def secret_of(text: str) -> bytes:
    """Read a signing secret, `whsec_` and 24 to 64 bytes in base64.

    Raises:
        DataError: it is none.
    """
    try:
        secret = base64.b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if not text.strip().startswith(PREFIX) or not _SHORTEST <= len(secret) <= _LONGEST:
        raise DataError(f"expected a secret: {PREFIX} and {_SHORTEST} to {_LONGEST} bytes in base64")
    return secret


def signature_of(secret: bytes, event_id: str, timestamp: int, body: bytes) -> str:
    """Sign a message."""
    signed = b".".join((event_id.encode(), str(timestamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()}"


def deliver(settings: Settings, deliveries: Deliveries, stopped: threading.Event) -> None:
    """Begin to deliver what the store holds for the receivers, until told to stop."""
    for url in settings.webhooks:
        webhook = Webhook.at(url, settings.webhook_secret, deliveries, stopped)
        threading.Thread(target=webhook.work, name="webhook", daemon=True).start()


@dataclass(frozen=True)
class Webhook:
    """One receiver."""

    receiver: str
    host: str
    client: Client = field(repr=False)
    path: str = field(repr=False)
    secret: bytes = field(repr=False)
    deliveries: Deliveries
    stopped: threading.Event

    @classmethod
    def at(cls, url: str, secret: bytes, deliveries: Deliveries, stopped: threading.Event) -> "Webhook":
        """Make the receiver at an address; a user and a password in it are sent as such."""
        parts = urlsplit(url)
        entrance = Entrance.of(urlunsplit((parts.scheme, parts.netloc, "", parts.query, "")))
        named = Entrance(
            entrance.address, {"User-Agent": "graders", **entrance.headers}, entrance.query, entrance.secrets
        )
        return cls(
            receiver_of(url),
            parts.hostname or "",
            Client(named),
            parts.path or "/",
            secret,
            deliveries,
            stopped,
        )

    def work(self) -> None:
        """Deliver until told to stop."""
        swept = 0.0
        while not self.stopped.is_set():
            try:
                if abs(time.time() - swept) > _SWEEP_EVERY:
                    swept = time.time()
                    self.deliveries.forget(swept - 2 * OLDEST)  # also of receivers that nobody names any more
                while not self.stopped.is_set() and self._one():
                    pass
            except UNAVAILABLE:  # passes, and the event is still there
                self.stopped.wait(1.0)
            self.stopped.wait(_LOOK_EVERY)

    def _one(self) -> bool:
        """Deliver what is due first; say whether there was anything."""
        now = time.time()
        delivery = self.deliveries.take(self.receiver, now, 2 * _SECONDS)
        if delivery is None:
            return False
        problem = self._send(delivery)
        due_at = time.time() + _wait(delivery.attempts)
        if problem is None:
            self.deliveries.remove(delivery)
        elif due_at - delivery.created_at > OLDEST:
            self.deliveries.remove(delivery)
            say(f"{self.host} did not take a webhook for {OLDEST / 3600:.0f} hours: {problem}")
        else:
            self.deliveries.postpone(delivery, due_at)
        return True

    def _send(self, delivery: Delivery) -> str | None:
        """Send an event; say what went wrong, None where the receiver took it."""
        timestamp = int(time.time())
        headers = {
            "webhook-id": delivery.event_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature_of(self.secret, delivery.event_id, timestamp, delivery.body),
        }
        try:
            answer = self.client.post(self.path, delivery.body, seconds=_SECONDS, headers=headers)
        except NoAnswerError:
            return "no answer"
        return None if 200 <= answer.status < 300 else f"HTTP {answer.status}"


def _wait(attempts: int) -> float:
    longest = min(2.0 ** min(attempts, 20), _LONGEST_WAIT)
    return longest * random.uniform(0.5, 1.0)
