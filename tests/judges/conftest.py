"""What tests of judges share."""

import socket

import pytest


@pytest.fixture
def unused_address():
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
