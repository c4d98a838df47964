"""The connection of a client, which is ended where the client keeps the server waiting.

Design: uvicorn waits for a request's head, and for a client to read its answer, as long as it takes: a few
thousand sockets that do nothing would be all that a server has. The time that a body takes is `bodies`'
concern; here it is the time in which nobody handles a request, and that in which an answer is not taken.
"""

import asyncio
import math

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

_SLOWEST = 1024
"""Bytes of an answer that a client has to take in a second."""


class Connection(H11Protocol):
    """One connection; its patience, in seconds, is uvicorn's `timeout_keep_alive`."""

    _timer: asyncio.TimerHandle | None = None
    _untaken: float = math.inf

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._attend()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._rest()

    def handle_events(self) -> None:
        """Hear what came, which may be the end of a head."""
        super().handle_events()
        self._attend()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, or for what is left of this one."""
        super().on_response_complete()
        self._attend()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._attend()

    def resume_writing(self) -> None:
        """Note that it did."""
        super().resume_writing()
        self._attend()

    def _attend(self) -> None:
        """Let the timer run as long as something is waited for, from when that began."""
        cycle: RequestResponseCycle | None = self.cycle
        handling = cycle is not None and not cycle.response_complete
        if handling and not self.flow.write_paused:
            self._rest()
        elif self._timer is None and not self.transport.is_closing():
            self._untaken = math.inf
            self._timer = self.loop.call_later(self.timeout_keep_alive, self._look)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """End the connection, unless the client is still taking an answer fast enough."""
        untaken = self.transport.get_write_buffer_size()
        if 0 < untaken <= self._untaken - _SLOWEST * self.timeout_keep_alive:
            self._untaken = untaken
            self._timer = self.loop.call_later(self.timeout_keep_alive, self._look)
        else:
            self.transport.abort()
