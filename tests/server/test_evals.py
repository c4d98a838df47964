"""Evals: create, list, get, update, delete."""

import re

import openai
import pytest

EVALS = "/v1/evals"


def test_a_created_eval_has_the_observed_keys_in_the_observed_order(server, custom, exact, fuzzy):
    given = {"data_source_config": custom, "testing_criteria": [exact, fuzzy], "name": "one"}
    answer = server.ask("POST", EVALS, given)
    assert answer.status == 201
    actual = answer.body
    assert list(actual) == [
        "id", "created_at", "data_source_config", "metadata", "name", "object", "testing_criteria",
    ]  # fmt: skip
    assert re.fullmatch(r"eval_[0-9a-f]{32}", actual["id"])
    schema = {"type": "object", "properties": {"item": custom["item_schema"]}, "required": ["item"]}
    assert actual["data_source_config"] == {"type": "custom", "schema": schema, "max_items": None}
    assert actual["metadata"] == {}
    first, second = actual["testing_criteria"]
    assert first == {**exact, "id": first["id"], "grdr_id": None, "inactive_at": None}
    assert re.fullmatch(r"near it-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", second["id"])


def test_a_sample_schema_is_added_where_it_is_asked_for(client, custom, exact):
    made = client.evals.create(
        data_source_config={**custom, "include_sample_schema": True}, testing_criteria=[exact]
    )
    schema = made.data_source_config.schema_
    assert schema["required"] == ["item", "sample"]
    assert schema["properties"]["sample"]["required"] == ["model", "choices"]
    assert schema["properties"]["sample"]["properties"]["choices"]["items"]["required"][0] == "index"


@pytest.mark.parametrize("kind", ["logs", "stored_completions"])
def test_evals_of_logs_are_kept(client, exact, kind):
    config = {"type": kind, "metadata": {"use": "chat"}}
    made = client.evals.create(data_source_config=config, testing_criteria=[exact])
    assert made.data_source_config.to_dict() == {
        **config,
        "schema": {
            "type": "object",
            "properties": {"item": {"type": "object"}, "sample": {"type": "object"}},
            "required": ["item", "sample"],
        },
    }


def test_criteria_may_share_a_name(client, custom, exact):
    made = client.evals.create(data_source_config=custom, testing_criteria=[exact, exact])
    ids = [criterion.id for criterion in made.testing_criteria]
    assert len(set(ids)) == 2


def test_an_eval_can_be_renamed_and_nothing_else(server, client, an_eval):
    changed = client.evals.update(an_eval.id, name="other", metadata={"k": "v"})
    assert (changed.name, changed.metadata) == ("other", {"k": "v"})
    assert client.evals.retrieve(an_eval.id).to_dict() == changed.to_dict()
    answer = server.ask("POST", f"{EVALS}/{an_eval.id}", {"testing_criteria": []})
    assert answer.status == 400
    assert answer.error["message"] == "Unknown parameter: 'testing_criteria'."


def test_a_deleted_eval_is_gone_with_its_runs(server, client, an_eval, runs):
    run = client.evals.runs.create(an_eval.id, data_source=runs.inline([]))
    deleted = server.ask("DELETE", f"{EVALS}/{an_eval.id}").body
    assert deleted == {"object": "eval.deleted", "deleted": True, "eval_id": an_eval.id}
    with pytest.raises(openai.NotFoundError) as caught:
        client.evals.retrieve(an_eval.id)
    assert caught.value.body["message"] == f"No eval found with id '{an_eval.id}'."
    with pytest.raises(openai.NotFoundError):
        client.evals.runs.retrieve(run.id, eval_id=an_eval.id)
    with pytest.raises(openai.NotFoundError):
        client.evals.delete(an_eval.id)


def test_lists_are_followed_to_their_end_in_every_order(tmp_path, serving, custom, exact):
    with serving(tmp_path / "store") as server, server.client() as client:
        assert server.ask("GET", EVALS).body == {
            "object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False,
        }  # fmt: skip
        made = [client.evals.create(data_source_config=custom, testing_criteria=[exact]).id for _ in range(7)]
        for limit in (1, 3, 7, 100):
            assert [each.id for each in client.evals.list(limit=limit)] == made
            assert [each.id for each in client.evals.list(limit=limit, order="desc")] == made[::-1]
        page = client.evals.list(limit=3)
        assert (page.first_id, page.last_id, page.has_more) == (made[0], made[2], True)  # type: ignore[attr-defined]
        assert [each.id for each in client.evals.list(order_by="updated_at", limit=2)] == made


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("limit=0", 400, "integer_below_min_value"),
        ("limit=101", 400, "integer_above_max_value"),
        ("limit=x", 400, "invalid_type"),
        ("limit=999999999999999999999", 400, "invalid_type"),
        ("order=up", 400, "invalid_value"),
        ("order_by=name", 400, "invalid_value"),
        ("after=eval_no", 404, None),
        ("after=%00%ff", 404, None),
    ],
)
def test_a_list_that_cannot_be_is_an_error(server, query, status, code):
    answer = server.ask("GET", f"{EVALS}?{query}")
    assert answer.status == status
    assert answer.error["code"] == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"testing_criteria": []}, "empty_array"),
        ({"testing_criteria": None}, "invalid_type"),
        ({"testing_criteria": [{"type": "multi"}]}, "invalid_value"),
        ({"testing_criteria": [{"type": "string_check"}]}, "missing_required_parameter"),
        ({"testing_criteria": ["x"]}, "invalid_type"),
        ({"extra": 1}, "unknown_parameter"),
        ({"name": 5}, "invalid_type"),
        ({"metadata": {"k": 5}}, "invalid_type"),
        ({"metadata": {str(n): "v" for n in range(17)}}, "object_above_max_properties"),
        ({"metadata": {"k": "v" * 513}}, "string_above_max_length"),
        ({"data_source_config": {"type": "custom"}}, "missing_required_parameter"),
        ({"data_source_config": {"type": "other"}}, "invalid_value"),
        ({"data_source_config": {"type": "custom", "item_schema": {}, "x": 1}}, "unknown_parameter"),
    ],
)
def test_an_eval_that_cannot_be_is_400(server, custom, exact, change, code):
    answer = server.ask("POST", EVALS, {"data_source_config": custom, "testing_criteria": [exact], **change})
    assert answer.status == 400
    assert answer.error["code"] == code


def test_a_similarity_without_a_threshold_is_400(server, custom, fuzzy):
    del fuzzy["pass_threshold"]
    answer = server.ask("POST", EVALS, {"data_source_config": custom, "testing_criteria": [fuzzy]})
    assert answer.status == 400
    assert "pass_threshold" in answer.error["message"]


def test_a_hostile_name_is_only_text(client, custom, exact):
    name = "\ud800 '; DROP TABLE evals; -- \x00 ../../etc/passwd"
    made = client.evals.create(data_source_config=custom, testing_criteria=[exact], name="x" + name[1:])
    assert client.evals.retrieve(made.id).name == "x" + name[1:]
