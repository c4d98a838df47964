"""Answer requests on a socket that is open already."""

import socket
from collections.abc import Callable

import uvicorn

from graders.server.app import create_app
from graders.server.settings import Settings

_SECONDS_TO_END = 5


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def answer_requests(settings: Settings, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Answer until a signal comes; `ready` is called when the first request can be answered."""
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_SECONDS_TO_END,
    )
    _Server(config, ready).run(sockets=[listening])


def answer_on(settings: Settings, number: int) -> None:
    """Answer on a socket that another process has opened under this number."""
    answer_requests(settings, socket.socket(fileno=number), lambda: None)
