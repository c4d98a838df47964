"""Bodies that nobody sends by accident: every one is an error of the client's, none of the server's."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.one_database("whoever is refused reaches no database")

RUN, VALIDATE = "/v1/fine_tuning/alpha/graders/run", "/v1/fine_tuning/alpha/graders/validate"
PATHS = (RUN, VALIDATE, "/v1/evals")
JSON_TYPE = {"content_type": "application/json"}
BODIES = {
    "deep": b"[" * 100_000,
    "deep and closed": b'{"grader":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "deep objects": b'{"grader":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
    "twice": b'{"grader": {}, "grader": {}}',
    "nan": b'{"grader": {"type": NaN}}',
    "infinite": b'{"grader": {"pass_threshold": 1e999}}',
    "many digits": b'{"grader": {"pass_threshold": ' + b"9" * 10_000 + b"}}",
    "not utf-8": b'{"grader": "\xff"}',
    "empty": b"",
    "array": b"[]",
    "text": b'"x"',
    "null": b"null",
    "bom": b"\xef\xbb\xbf{}",
    "nul": b'{"grader": {"type": "string_check\\u0000"}}',
    "torn": b'{"grader": {"type": "str',
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
words = st.sampled_from(["{{item.a}}", "{{sample.output_text}}", "{{", "x", "", "{{foo}}", "{{item.a[0].b}}"])
fields = {
    "input": words | json_values,
    "reference": words | json_values,
    "operation": st.sampled_from(["eq", "ne", "like", "ilike", "x"]) | json_values,
    "evaluation_metric": st.sampled_from(["bleu", "fuzzy_match", "rouge_l", "cosine", "x"]) | json_values,
    "pass_threshold": json_values,
    "calculate_output": st.sampled_from(["a", "a / 0", "a + b", "max(a", "1e308 * 1e308"]) | json_values,
    "graders": json_values,
    "source": json_values,
    "labels": json_values,
    "name": json_values,
}
kinds = st.sampled_from(["string_check", "text_similarity", "multi", "label_model", "score_model", "x"])
eval_fields = st.sampled_from(["data_source_config", "testing_criteria", "name", "metadata", "x"])
grader_documents = st.fixed_dictionaries({"type": kinds | json_values}, optional=fields)


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_400(server, name):
    for path in PATHS:
        answer = server.ask("POST", path, BODIES[name], **JSON_TYPE)
        assert answer.status == 400
        assert answer.error["type"] == "invalid_request_error"


def test_a_body_that_says_that_it_is_too_large_is_413_before_it_is_read(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        head = f"POST {RUN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        connection.sendall(head.encode() + b"Content-Length: 99999999999\r\n\r\n")
        assert connection.recv(1000).startswith(b"HTTP/1.1 413")


def test_what_is_no_http_does_not_disturb(server):
    for said in (
        b"\x16\x03\x01\x00",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x00" * 100,
        b"x" * 70_000,
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(said + b"\r\n\r\n")
    assert server.ask("GET", "/healthz").status == 200


@given(
    document=grader_documents,
    sample=st.text(max_size=50),
    item=st.dictionaries(st.text(max_size=5), json_values),
)
@settings(max_examples=150)
def test_no_grader_document_is_a_fault_of_the_server(server, document, sample, item):
    body = {"grader": document, "model_sample": sample, "item": item}
    for path in (RUN, VALIDATE):
        answer = server.ask("POST", path, body)
        assert answer.status in (200, 400), answer.raw
        assert isinstance(answer.body, dict)


@given(body=st.dictionaries(eval_fields, json_values | st.lists(grader_documents)))
@settings(max_examples=60)
def test_no_eval_is_a_fault_of_the_server(server, body):
    assert server.ask("POST", "/v1/evals", body).status in (201, 400)


def test_nothing_of_a_form_is_written_to_the_log(tmp_path, serving):
    with serving(tmp_path / "store") as server:
        for body in (b"--x\r\n\r\nsecret", b"secret", b"--x{secret", b"--x\r\nsecret: a\r\nb\r\n\r\n--x--"):
            answer = server.ask("POST", "/v1/files", body, content_type="multipart/form-data; boundary=x")
            assert answer.status == 400
    assert server.said == []


def test_a_thousand_requests_at_once_are_all_answered(server, exact):
    body = json.dumps({"grader": exact, "model_sample": "a", "item": {"answer": "a"}}).encode()
    start = threading.Barrier(50)

    def twenty(_):
        start.wait(20)
        return [server.ask("POST", RUN, body, **JSON_TYPE).status for _ in range(20)]

    with ThreadPoolExecutor(50) as executor:
        statuses = [status for each in executor.map(twenty, range(50)) for status in each]
    assert statuses == [200] * 1000


def test_the_openapi_document_names_every_path_and_nothing_outside(server):
    document = server.ask("GET", "/openapi.json")
    assert "/v1/evals/{eval_id}/runs/{run_id}/output_items" in document.body["paths"]
    assert b"cdn" not in document.raw
