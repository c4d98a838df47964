"""Files: upload, list, get, content, delete, expiry."""

import http.client
import json
import re

import openai
import pytest

FILES = "/v1/files"
EVALS, ANCHOR = (b"purpose", b"evals"), (b"expires_after[anchor]", b"created_at")


def form(*fields, file=b"{}", filename="a.jsonl", boundary=b"xyz"):
    parts = [
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (boundary, name, value)
        for name, value in fields
    ]
    if file is not None:
        head = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n'
        parts.append(head % (boundary, filename.encode()) + file + b"\r\n")
    return b"".join(parts) + b"--" + boundary + b"--\r\n"


def upload(server, body):
    return server.ask("POST", FILES, body, content_type="multipart/form-data; boundary=xyz")


def test_a_file_comes_back_as_it_went(client):
    data = bytes(range(256)) * 5000
    made = client.files.create(file=("data.bin", data), purpose="user_data")
    assert re.fullmatch(r"file-[A-Za-z0-9]{22}", made.id)
    assert (made.object, made.bytes, made.filename, made.status) == (
        "file",
        len(data),
        "data.bin",
        "processed",
    )
    assert client.files.retrieve(made.id) == made
    assert client.files.content(made.id).read() == data
    assert client.files.wait_for_processing(made.id) == made


def test_a_file_has_the_fields_of_the_api(server):
    actual = upload(server, form(EVALS)).body
    assert actual == {
        "object": "file", "id": actual["id"], "purpose": "evals", "filename": "a.jsonl", "bytes": 2,
        "created_at": actual["created_at"], "expires_at": None, "status": "processed", "status_details": None,
    }  # fmt: skip


def test_files_are_paged_and_filtered(tmp_path, serving):
    with serving(tmp_path / "store") as server, server.client() as client:
        purposes = ["evals", "evals", "user_data", "evals", "batch"]
        made = [client.files.create(file=("a", b"x"), purpose=purpose).id for purpose in purposes]
        assert [each.id for each in client.files.list()] == made[::-1]
        assert [each.id for each in client.files.list(limit=2)] == made[::-1]
        assert [each.id for each in client.files.list(limit=1, order="asc")] == made
        listed = client.files.list(purpose="evals", limit=1)
        assert [each.id for each in listed] == [made[3], made[1], made[0]]


def test_equal_files_share_their_bytes_and_neither_loses_them(server, client):
    blobs = server.folder / "files"
    before = len([path for path in blobs.rglob("*") if path.is_file()])
    one, two = (client.files.create(file=("a", b"the same"), purpose="evals") for _ in range(2))
    assert len([path for path in blobs.rglob("*") if path.is_file()]) == before + 1
    deleted = server.ask("DELETE", f"{FILES}/{one.id}").body
    assert deleted == {"id": one.id, "object": "file", "deleted": True}
    assert client.files.content(two.id).read() == b"the same"
    client.files.delete(two.id)
    assert len([path for path in blobs.rglob("*") if path.is_file()]) == before


def test_a_file_that_is_not_there_is_named(client):
    for ask in (client.files.retrieve, client.files.delete, client.files.content):
        with pytest.raises(openai.NotFoundError) as caught:
            ask("file-none")
        assert caught.value.body["message"] == "No such File object: file-none"


def test_a_name_never_becomes_a_path(server):
    made = upload(server, form(EVALS, file=b"mine", filename="../../../tmp/x\\..\\y.txt")).body
    assert made["filename"] == "y.txt"
    assert server.ask("GET", f"{FILES}/{made['id']}/content").raw == b"mine"


def test_training_files_are_lines_of_json(client):
    client.files.create(file=("a.jsonl", b'{"a": 1}\n\n{"b": 2}'), purpose="fine-tune")
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.create(file=("a.txt", b"{}"), purpose="fine-tune")
    assert caught.value.body["message"] == "Invalid file format for Fine-Tuning API. Must be .jsonl"
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.create(file=("a.jsonl", b'{"a": 1}\n{"b"'), purpose="fine-tune")
    assert "Line 2" in caught.value.body["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (form(), 400),
        (form((b"purpose", b"other")), 400),
        (form(EVALS, file=None), 400),
        (form(EVALS)[:-10], 400),
        (b"not a form at all", 400),
        (b"", 400),
        (form((b"purpose", b"x" * 10_000)), 400),
        (form(*[(b"field", b"x")] * 50), 400),
        (form(EVALS, ANCHOR), 400),
        (form(EVALS, (b"expires_after[anchor]", b"x"), (b"expires_after[seconds]", b"3600")), 400),
        (
            form(EVALS, ANCHOR, (b"expires_after[seconds]", b"3599")),
            400,
        ),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_used_is_an_error_and_leaves_nothing(server, body, status):
    answer = upload(server, body)
    assert answer.status == status
    assert answer.error["type"] == "invalid_request_error"
    assert list((server.folder / "files").glob("incoming-*")) == []


def test_an_upload_that_is_no_form_is_415(server):
    assert server.ask("POST", FILES, b"{}", content_type="application/json").status == 415


def test_a_form_may_come_in_any_pieces(server):
    whole = form(EVALS, file=b"\r\n--xy\r\n" * 3)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    pieces = [whole[place : place + 1] for place in range(len(whole))]
    headers = {"content-type": "multipart/form-data; boundary=xyz"}
    connection.request("POST", FILES, iter(pieces), headers, encode_chunked=True)
    made = json.loads(connection.getresponse().read())
    connection.close()
    assert server.ask("GET", f"{FILES}/{made['id']}/content").raw == b"\r\n--xy\r\n" * 3
