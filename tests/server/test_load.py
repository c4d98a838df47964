"""Many at once: everybody is answered."""

import asyncio
import json

import pytest

pytestmark = pytest.mark.one_database("what is graded for whoever asks is not stored")

N = 1000
GIVEN = {
    "grader": {
        "type": "string_check", "name": "exact", "input": "{{sample.output_text}}",
        "reference": "{{item.answer}}", "operation": "eq",
    },
    "model_sample": "Paris", "item": {"answer": "Paris"},
}  # fmt: skip


def request(server):
    body = json.dumps(GIVEN).encode()
    lines = [
        "POST /v1/fine_tuning/alpha/graders/run HTTP/1.1", f"Host: localhost:{server.port}",
        "Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + body


async def ask_at_once(server):
    """Ask when all connections are there."""
    opening = (asyncio.open_connection("127.0.0.1", server.port) for _ in range(N))
    opened = await asyncio.gather(*opening)
    for _, writer in opened:
        writer.write(request(server))
    answers = await asyncio.gather(*(reader.read() for reader, _ in opened))
    for _, writer in opened:
        writer.close()
    return answers


def test_a_thousand_at_once_are_all_answered(server):
    answers = asyncio.run(ask_at_once(server))
    assert {answer.partition(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 200 OK"}
    rewards = [json.loads(answer.partition(b"\r\n\r\n")[2])["reward"] for answer in answers]
    assert rewards == [1.0] * N
