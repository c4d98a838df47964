"""`pull` against a real HTTP server: what it copies, what it goes on with, what it does not trust."""

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from graders.errors import DataError, RunError, RunStoppedError
from graders.hosted import Account, Connection, Patience, Pulled, Selection, Source, Turnstile, pull, survey
from graders.hosted.directory import PullDirectory

KEY = "sk-canary-0123456789"
QUICK = Patience(attempts=12, first_wait=0.001, longest_wait=0.01)


@contextmanager
def source_of(api: Any, key: str = KEY, patience: Patience = QUICK, **account: Any) -> Iterator[Source]:
    with Connection(Account(key, **({"base_url": api.url} | account))) as connection:
        yield Source(connection, Turnstile(patience))


def copy(api: Any, out: Path, *, workers: int = 4, **selection: Any) -> Pulled:
    with source_of(api) as source:
        return pull(source, out, Selection(**selection), workers=workers)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lines_of(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def manifest(folder: Path) -> Any:
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture
def api(hosted: Any, published: ModuleType) -> Any:
    published.fill(hosted)
    return hosted


def test_every_object_is_copied_as_it_was_received(api: Any, published: ModuleType, tmp_path: Path) -> None:
    pulled = copy(api, tmp_path / "out")
    out = tmp_path / "out"
    assert lines_of(out / "evals.jsonl") == api.lists["/evals"]
    items = api.lists[f"/evals/{published.EVAL}/runs/{published.RUN}/output_items"]
    assert lines_of(out / "items" / f"{published.RUN}.jsonl") == items
    assert "123456789012345678901234567890" in (out / "evals" / f"{published.EVAL}.json").read_text()
    assert "1e+" not in lines_of(out / "evals.jsonl")[0]
    assert (pulled.evals, pulled.runs, pulled.items) == (9, 12, 5 + 3 * 101 + 7)


def test_files_that_runs_name_are_copied_and_missing_ones_noted(api: Any, tmp_path: Path) -> None:
    pulled = copy(api, tmp_path / "out")
    folder = tmp_path / "out" / "files" / "file-Abc123"
    assert (folder / "content.jsonl").read_bytes() == api.contents["file-Abc123"]
    assert json.loads((folder / "file.json").read_text())["purpose"] == "evals"
    assert pulled.files == 8
    assert list(pulled.problems) == ["file file-gone: HTTP 404"]


def test_the_manifest_counts_and_hashes_every_finished_file(api: Any, tmp_path: Path) -> None:
    copy(api, tmp_path / "out")
    known = manifest(tmp_path / "out")
    listings = [known["evals"], *known["runs"].values(), *known["items"].values()]
    for entry in listings:
        data = (tmp_path / "out" / entry["path"]).read_bytes()
        assert entry["finished"]
        assert (entry["count"], entry["bytes"]) == (data.count(b"\n"), len(data))
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
    assert known["base_url"] == api.url + "/"


def test_hostile_ids_stay_inside_the_directory(api: Any, published: ModuleType, tmp_path: Path) -> None:
    copy(api, tmp_path / "a" / "b" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["out"]
    names = [path.stem for path in (tmp_path / "a" / "b" / "out" / "evals").iterdir()]
    assert len(names) == len({name.casefold() for name in names}) == 2 + len(published.HOSTILE)
    assert not [name for name in names if not name.isascii() or "/" in name or name.casefold() == "con"]
    assert not list((tmp_path / "a" / "b" / "out").rglob("*passwd*"))


def test_faults_of_the_server_change_nothing(
    hosted: Any, hosted_api: ModuleType, published: ModuleType, tmp_path: Path
) -> None:
    published.fill(hosted, runs=1, items=101, hostile=1)
    copy(hosted, tmp_path / "quiet")
    hosted.fault_rate = 0.3
    for kind in hosted_api.FAULTS:
        hosted.fault_kinds = (kind,)
        copy(hosted, tmp_path / kind)
        assert contents(tmp_path / kind) == contents(tmp_path / "quiet")


def test_a_pull_that_stops_goes_on_where_it_stopped(api: Any, published: ModuleType, tmp_path: Path) -> None:
    copy(api, tmp_path / "whole")
    path = f"/evals/{published.LARGE}/runs/evalrun_001/output_items"
    api.faults[path] = ["500"] * 100
    with (
        source_of(api, patience=Patience(attempts=3, first_wait=0.001)) as source,
        pytest.raises(RunStoppedError, match=r"HTTP 500.*attempts"),
    ):
        pull(source, tmp_path / "out", workers=1)
    api.faults.clear()
    before = len(api.requests)
    copy(api, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    asked = api.paths()[before:]
    assert f"/evals/{published.EVAL}/runs/{published.RUN}/output_items" not in asked


def test_a_second_pull_asks_for_no_finished_item_and_adds_what_is_new(
    api: Any, published: ModuleType, tmp_path: Path
) -> None:
    copy(api, tmp_path / "out")
    before, at = contents(tmp_path / "out"), len(api.requests)
    copy(api, tmp_path / "out")
    assert contents(tmp_path / "out") == before
    assert not [path for path in api.paths()[at:] if "output_items" in path]
    api.add_run(published.LARGE, published.run_body("evalrun_new", published.LARGE))
    api.add_items(published.LARGE, "evalrun_new", [published.item_body(0, {}, [], ("", "evalrun_new"))])
    assert copy(api, tmp_path / "out").runs == 13
    assert len(lines_of(tmp_path / "out" / "items" / "evalrun_new.jsonl")) == 1


def test_a_run_that_is_not_over_is_noted_and_copied_when_it_is(
    api: Any, published: ModuleType, tmp_path: Path
) -> None:
    out, path = tmp_path / "out", f"/evals/{published.EVAL}/runs"
    pulled = copy(api, out)
    assert list(pulled.unfinished) == [(published.EVAL, published.GOING_ON, "in_progress")]
    aside = out / "runs" / f"{published.EVAL}.unfinished.jsonl"
    assert lines_of(aside) == [api.lists[path][1]]
    api.lists[path][1] = api.lists[path][1].replace("in_progress", "completed")
    api.add_items(published.EVAL, published.GOING_ON, published.published_items())
    pulled = copy(api, out)
    assert (list(pulled.unfinished), aside.exists()) == ([], False)
    listed = [json.loads(line)["id"] for line in lines_of(out / "runs" / f"{published.EVAL}.jsonl")]
    assert sorted(listed) == sorted([published.RUN, "evalrun_canceled", published.GOING_ON])
    assert len(lines_of(out / "items" / f"{published.GOING_ON}.jsonl")) == 5


def test_what_the_server_has_dropped_stays(api: Any, published: ModuleType, tmp_path: Path) -> None:
    copy(api, tmp_path / "out")
    before = contents(tmp_path / "out")
    del api.lists["/evals"][0]
    api.lists.pop(f"/evals/{published.EVAL}/runs")
    api.contents.clear()
    pulled = copy(api, tmp_path / "out")
    assert contents(tmp_path / "out") == before
    assert [problem for problem in pulled.problems if f"runs of eval {published.EVAL}" in problem]


def test_one_eval_can_be_chosen_and_the_others_come_later(
    api: Any, published: ModuleType, tmp_path: Path
) -> None:
    pulled = copy(api, tmp_path / "out", evals=(published.LARGE,))
    assert (pulled.evals, pulled.runs) == (1, 3)
    assert copy(api, tmp_path / "out").evals == 9
    listed = [json.loads(line)["id"] for line in lines_of(tmp_path / "out" / "evals.jsonl")]
    assert listed[:2] == [published.LARGE, published.EVAL]
    assert len(set(listed)) == len(listed) == 9


def test_an_eval_that_is_not_there_is_named(api: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="eval 'nobody': HTTP 404"):
        copy(api, tmp_path / "out", evals=("nobody",))


def test_since_leaves_older_runs_out_until_they_are_wanted(
    api: Any, published: ModuleType, tmp_path: Path
) -> None:
    runs = tmp_path / "out" / "runs" / f"{published.LARGE}.jsonl"
    for since, expected in ((1750000102.0, ["002"]), (1750000101.0, ["002", "001"])):
        copy(api, tmp_path / "out", evals=(published.LARGE,), since=since)
        assert [json.loads(line)["id"] for line in lines_of(runs)] == [f"evalrun_{n}" for n in expected]
    copy(api, tmp_path / "out")
    assert len(lines_of(runs)) == 3


def test_a_survey_counts_and_writes_nothing(api: Any, published: ModuleType, tmp_path: Path) -> None:
    with source_of(api) as source:
        found = {each.id: each for each in survey(source, Selection())}
    assert (found[published.EVAL].runs, found[published.EVAL].unfinished) == (3, 1)
    assert found[published.EVAL].items == 10
    assert found[published.EVAL].files == {"file-Abc123", "file-gone"}
    assert list(tmp_path.iterdir()) == []


def test_no_more_requests_are_under_way_than_asked_for(api: Any, tmp_path: Path) -> None:
    api.latency = 0.01
    copy(api, tmp_path / "out", workers=3)
    assert 1 < api.most_at_once <= 3


@pytest.mark.parametrize("has_more", [True, None])
def test_a_list_that_repeats_itself_ends(
    hosted: Any, published: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_more: bool | None
) -> None:
    body = json.dumps({"data": [published.eval_body("eval_a", [])], "has_more": has_more}).encode()
    monkeypatch.setattr(Connection, "get", lambda *_: body)
    if has_more:
        with pytest.raises(DataError, match="gives nothing new"):
            copy(hosted, tmp_path / "out")
    else:
        monkeypatch.setattr(sys.modules[pull.__module__], "copy_runs", lambda *_: [])
        assert copy(hosted, tmp_path / "out").evals == 1


def test_an_empty_page_that_promises_more_is_no_endless_list(
    hosted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "get", lambda *_: b'{"data": [], "has_more": true}')
    with pytest.raises(DataError, match="gives nothing new"):
        copy(hosted, tmp_path / "out")


@pytest.mark.parametrize("status", ["401", "403"])
def test_a_refused_key_ends_the_pull_at_once(api: Any, tmp_path: Path, status: str) -> None:
    api.faults["/evals"] = [status] * 5
    with pytest.raises(DataError, match="the server refuses the key") as caught:
        copy(api, tmp_path / "out")
    assert len(api.requests) == 1
    assert KEY not in str(caught.value)


def test_a_long_pause_that_the_server_asks_for_ends_the_pull(api: Any, tmp_path: Path) -> None:
    api.faults["/evals"] = ["429-long"]
    with pytest.raises(RunStoppedError, match="pause of 86400 s"):
        copy(api, tmp_path / "out")


def test_a_redirect_is_not_followed(api: Any, tmp_path: Path) -> None:
    api.faults["/evals"] = ["redirect"]
    with pytest.raises(DataError, match=r"redirected to 'https://elsewhere\.invalid/v1'"):
        copy(api, tmp_path / "out")


def test_bodies_have_a_limit(api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graders.hosted.files.MAX_FILE", 100)
    assert "more than 100" in " ".join(copy(api, tmp_path / "files").problems)
    monkeypatch.setattr("graders.hosted.connection.MAX_PAGE", 1000)
    with pytest.raises(DataError, match="longer than 1000 bytes"):
        copy(api, tmp_path / "pages")


def test_a_file_that_is_shorter_than_promised_is_noted(api: Any, tmp_path: Path) -> None:
    api.contents["file-Abc123"] = api.contents["file-Abc123"][:-1]
    problems = copy(api, tmp_path / "out").problems
    assert [problem for problem in problems if problem.startswith("file file-Abc123: expected")]
    assert not list((tmp_path / "out" / "files" / "file-Abc123").glob("content*"))


def test_azure_gets_the_key_as_its_own_header(api: Any, tmp_path: Path) -> None:
    with source_of(api, azure=True, api_version="2025-04-01-preview") as source:
        pull(source, tmp_path / "out")
    _, query, headers = api.requests[-1]
    assert headers["api-key"] == KEY
    assert "authorization" not in headers
    assert query["api-version"] == "2025-04-01-preview"


def test_other_hosts_and_tokens_of_entra_get_a_bearer(api: Any, tmp_path: Path) -> None:
    copy(api, tmp_path / "out")
    assert api.requests[-1][2]["authorization"] == f"Bearer {KEY}"
    assert "api-key" not in api.requests[-1][2]
    token = "eyJhbGciOi.eyJzdWIiOi.c2ln"
    with source_of(api, token, azure=True) as source:
        pull(source, tmp_path / "other")
    assert api.requests[-1][2]["authorization"] == f"Bearer {token}"


def test_credentials_in_the_url_are_kept_nowhere(api: Any, tmp_path: Path) -> None:
    url = api.url.replace("//", "//user:hunter2@") + "?code=hunter2"
    with source_of(api, base_url=url) as source:
        pull(source, tmp_path / "out")
    assert api.requests[-1][1]["code"] == "hunter2"
    assert not [name for name, data in contents(tmp_path / "out").items() if b"hunter2" in data]
    assert "hunter2" not in repr(Account(KEY, url))


def test_credentials_in_the_url_are_in_no_message(api: Any, tmp_path: Path) -> None:
    url = api.url.replace("//", "//user:hunter2@") + "?code=hunter2"
    api.faults["/evals"] = ["404"]
    with source_of(api, base_url=url) as source, pytest.raises(DataError, match=r"HTTP 404: no: ") as caught:
        pull(source, tmp_path / "out")
    assert "hunter2" not in str(caught.value)
    assert "dXNlcjpodW50ZXIy" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://host/v1", "host/v1", "https://", "http://host:x/", "http://[::1/v1"])
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(DataError, match="expected a base URL"):
        Account(KEY, url)


def test_a_key_that_no_header_can_hold_is_not_shown() -> None:
    with pytest.raises(DataError) as caught:
        Account("sk-canary\nX: y")
    assert "canary" not in str(caught.value)


def test_only_one_process_pulls_into_a_directory(api: Any, tmp_path: Path) -> None:
    with PullDirectory(tmp_path / "out", f"{api.url}/"), pytest.raises(RunError, match="another process"):
        copy(api, tmp_path / "out")
    copy(api, tmp_path / "out")


def test_a_directory_of_something_else_is_left_alone(api: Any, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("words")
    with pytest.raises(RunError, match=r"not empty and not pulled; it holds 'thesis.txt'"):
        copy(api, tmp_path)
    copy(api, tmp_path / "out")
    with (
        source_of(api, base_url="http://127.0.0.1:1/v1") as source,
        pytest.raises(RunError, match="holds a pull from"),
    ):
        pull(source, tmp_path / "out")


def test_a_file_that_someone_shortened_is_fetched_again(
    api: Any, published: ModuleType, tmp_path: Path
) -> None:
    copy(api, tmp_path / "out")
    before = contents(tmp_path / "out")
    path = tmp_path / "out" / "items" / f"{published.RUN}.jsonl"
    path.write_bytes(path.read_bytes()[:100])
    copy(api, tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_a_manifest_that_leads_elsewhere_is_refused(api: Any, tmp_path: Path) -> None:
    copy(api, tmp_path / "out")
    path = tmp_path / "out" / "manifest.json"
    path.write_text(path.read_text().replace("items/evalrun_000.jsonl", "../../outside.jsonl"))
    with pytest.raises(RunError, match="lies outside"):
        copy(api, tmp_path / "out")


def test_a_failure_stops_the_other_threads(api: Any, published: ModuleType, tmp_path: Path) -> None:
    path = f"/evals/{published.LARGE}/runs/evalrun_000/output_items"
    api.faults[path] = ["401"]
    with pytest.raises(DataError):
        copy(api, tmp_path / "out")
    assert threading.active_count() < 20
