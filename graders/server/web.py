"""Answer requests on a socket that is open already."""

import gc
import logging
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from graders.server.app import create_app
from graders.server.connections import Connection
from graders.server.settings import Settings

_SECONDS_TO_END = 5


class _Server(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # what is there now stays: it is not to be looked through again and again
        self._ready()


def answer_requests(settings: Settings, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Answer until a signal comes; `ready` is called when the first request can be answered."""
    # what a parser of forms warns of shows bytes of the form
    logging.getLogger("python_multipart").addHandler(logging.NullHandler())
    config = config_of(create_app(settings), settings.limits.idle_seconds)
    _Server(config, ready).run(sockets=[listening])


def config_of(app: FastAPI, idle_seconds: int) -> uvicorn.Config:
    """Give what uvicorn is told."""
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="on",
        timeout_keep_alive=idle_seconds,
        timeout_graceful_shutdown=_SECONDS_TO_END,
    )


def answer_on(settings: Settings, number: int) -> None:
    """Answer on a socket that another process has opened under this number."""
    answer_requests(settings, socket.socket(fileno=number), lambda: None)
