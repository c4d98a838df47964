"""The OpenAPI document: it tells every route, and every route keeps to it."""

import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from graders.server.failures import ApiError
from graders.server.parameters import name_of, only
from graders.server.sampling_plans import FIELDS, SamplingPlan

pytestmark = pytest.mark.one_database("what is told, and the shape of an answer, depend on no database")

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection, unsupported_method, allow_header_conformance,
]  # fmt: skip
# that what the document allows is taken is not among them: no schema tells what a template or a formula is
BOUNDED = settings(
    max_examples=settings().max_examples // 8,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def described(server):
    return schemathesis.openapi.from_url(f"{server.url.removesuffix('/v1')}/openapi.json")


@pytest.fixture(scope="module")
def document(server):
    return server.ask("GET", "/openapi.json").body


@pytest.fixture(scope="module")
def things(server):
    """One object of each kind, by the names that paths have for their ids."""
    schema = {"type": "custom", "item_schema": {"type": "object"}}
    grader = {
        "type": "string_check", "name": "exact", "operation": "eq",
        "input": "{{sample.output_text}}", "reference": "{{item.answer}}",
    }  # fmt: skip
    with server.client() as client:
        made = client.evals.create(data_source_config=schema, testing_criteria=[grader])
        content = [{"item": {"answer": "a"}, "sample": "a"}]
        source = {"type": "jsonl", "source": {"type": "file_content", "content": content}}
        run = client.evals.runs.create(made.id, data_source=source)
        while client.evals.runs.retrieve(run.id, eval_id=made.id).status != "completed":
            pass
        item = client.evals.runs.output_items.list(run.id, eval_id=made.id).data[0]
        file = client.files.create(file=("a.jsonl", b'{"a": 1}'), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model="m", training_file=file.id)
    return {
        "eval_id": made.id, "run_id": run.id, "item_id": item.id, "file_id": file.id, "job_id": job.id,
    }  # fmt: skip


@pytest.mark.parametrize("mode", GenerationMode)
def test_no_request_is_a_fault_and_every_answer_is_told(described, things, mode):
    operations = [each.ok() for each in described.get_all_operations()]
    if mode is GenerationMode.NEGATIVE:
        operations = [each for each in operations if each.body or each.query]  # any text can be an id
    assert len(operations) > 10
    for operation in operations:
        ask(operation, mode, things)


def ask(operation, mode, things):
    """Ask what the document allows, or what it does not: of what is there, and of what is not."""

    @given(case=operation.as_strategy(generation_mode=mode), there=st.booleans())
    @BOUNDED
    def ask_once(case, there):
        if there and operation.method != "delete":
            case.path_parameters = {name: things[name] for name in case.path_parameters or {}}
        case.call_and_validate(checks=CHECKS)

    ask_once()


def test_every_operation_tells_what_it_answers_and_what_it_takes(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            assert set(answers) - {"default"} <= {"200", "201"}
            assert len(answers) == 2
            assert answers["default"]["content"]["application/json"]["schema"]["$ref"].endswith("/Error")
            assert all("schema" in kind for each in answers.values() for kind in each["content"].values())
            named = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
            assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}
            assert operation["summary"]
            assert method == "post" or "requestBody" not in operation


def test_every_reference_leads_somewhere_in_the_document(document):
    text = json.dumps(document)
    schemas = document["components"]["schemas"]
    assert all(f'"#/components/schemas/{name}"' in text for name in schemas if name != "Eval")
    for part in text.split('"$ref": "')[1:]:
        assert part.partition('"')[0].removeprefix("#/components/schemas/") in schemas


SAMPLED = {
    "type": "completions", "model": "m",
    "source": {"type": "file_content", "content": [{"item": {"a": "b"}}]},
    "input_messages": {"type": "template", "template": [{"role": "user", "content": "{{item.a}}"}]},
    "sampling_params": {
        "temperature": 0.5, "seed": None, "max_completion_tokens": 7,
        "tools": [{"type": "function", "name": "f"}], "response_format": {"type": "text"},
    },
}  # fmt: skip


def test_a_data_source_is_told_with_every_field_that_is_taken(document):
    schemas = document["components"]["schemas"]
    for kind, fields in FIELDS.items():
        assert set(schemas[f"{kind.title()}Source"]["properties"]) == set(fields)


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"input_messages": {"type": "item_reference", "item_reference": "item.a"}}, True),
        ({"type": "responses", "sampling_params": {"text": {"format": {"type": "json_object"}}}}, True),
        ({"source": {"type": "stored_completions"}, "input_messages": None}, True),
        ({"model": ""}, False),
        ({"model": "m" * 10_001}, False),
        ({"input_messages": {"type": "template", "template": []}}, False),
        ({"sampling_params": {"temperature": 3}}, False),
        ({"sampling_params": {"tools": [{"name": "f"}]}}, False),
        ({"sampling_params": {"text": {}}}, False),
        ({"voice": "loud"}, False),
    ],
)
def test_how_a_run_samples_is_told_as_it_is_checked(document, changes, fits):
    source = {**SAMPLED, **changes}
    told = Draft202012Validator({**document, "$ref": "#/components/schemas/RunBody"})
    assert told.is_valid({"data_source": source}) is fits
    if changes.get("source") is None:
        assert is_taken(source) is fits


def is_taken(source):
    """Say whether the server takes a data source, had it an endpoint."""
    try:
        only(source, FIELDS[source["type"]])
        name_of(source, "model")
        SamplingPlan.of(source)
    except ApiError:
        return False
    return True


def test_nothing_is_fetched_from_elsewhere(server):
    text = server.ask("GET", "/openapi.json").raw
    assert b"http://" not in text
    assert b"https://" not in text
    for path in ("/docs", "/redoc"):
        assert server.ask("GET", path).status == 404


def test_keys_are_told_where_they_are_needed(server, document, serving, tmp_path):
    assert "security" not in document
    with serving(tmp_path / "store", GRADERS_API_KEY="sk-one") as locked:
        told = locked.ask("GET", "/openapi.json", api_key="sk-one").body
    assert told["security"] == [{"bearer": []}, {"api-key": []}]
    assert set(told["components"]["securitySchemes"]) == {"bearer", "api-key"}
    assert told["paths"]["/healthz"]["get"]["security"] == []
