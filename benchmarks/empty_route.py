"""A FastAPI application that does nothing, served as ours is: `python -m benchmarks.empty_route`.

It says its URL, and answers in two processes until its input ends.
"""

import os
import signal
import socket
import subprocess
import sys
import threading

import uvicorn
from fastapi import FastAPI

from graders.server.settings import Limits
from graders.server.supervisor import listening_socket, url_of
from graders.server.web import config_of

ROUTE = "/run"


def main() -> None:
    """Answer in this process and in another one."""
    if sys.argv[1:]:
        serve(socket.socket(fileno=int(sys.argv[1])))
        return
    with listening_socket("127.0.0.1", 0) as listening:
        number = listening.fileno()
        command = [sys.executable, "-m", "benchmarks.empty_route", str(number)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[number]):
            print(url_of(listening), flush=True)
            serve(listening)


def serve(listening: socket.socket) -> None:
    """Answer until the input ends."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    uvicorn.Server(config_of(application(), Limits().idle_seconds)).run(sockets=[listening])


def application() -> FastAPI:
    """Make the application."""
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.post(ROUTE)
    async def run() -> dict[str, str]:
        return {}

    return app


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
