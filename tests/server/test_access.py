"""Who may ask, and by which name: keys, hosts, origins, the paths of Azure."""

import openai
import pytest
from openai import AzureOpenAI

KEY, OTHER = "sk-one", "sk-two"
ROUTES = [
    ("POST", "/v1/fine_tuning/alpha/graders/run"),
    ("POST", "/v1/fine_tuning/alpha/graders/validate"),
    ("GET", "/v1/fine_tuning/jobs"),
    ("GET", "/v1/evals"),
    ("POST", "/v1/evals"),
    ("GET", "/v1/evals/e"),
    ("POST", "/v1/evals/e"),
    ("DELETE", "/v1/evals/e"),
    ("GET", "/v1/evals/e/runs"),
    ("POST", "/v1/evals/e/runs"),
    ("GET", "/v1/evals/e/runs/r"),
    ("POST", "/v1/evals/e/runs/r"),
    ("POST", "/v1/evals/e/runs/r/cancel"),
    ("DELETE", "/v1/evals/e/runs/r"),
    ("GET", "/v1/evals/e/runs/r/output_items"),
    ("GET", "/v1/evals/e/runs/r/output_items/o"),
    ("GET", "/v1/files"),
    ("POST", "/v1/files"),
    ("GET", "/v1/files/f"),
    ("GET", "/v1/files/f/content"),
    ("DELETE", "/v1/files/f"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/nothing"),
]


@pytest.fixture(scope="module")
def locked(serving, tmp_path_factory):
    """A server that demands a key."""
    folder = tmp_path_factory.mktemp("locked")
    (folder / "keys").write_text(f"{KEY}\n\n", "utf-8")
    with serving(folder / "store", "--api-key-file", str(folder / "keys"), GRADERS_API_KEY=OTHER) as server:
        yield server


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_demands_a_key(locked, method, path):
    absent = locked.ask(method, path)
    assert absent.status == 401
    assert absent.error["code"] is None
    for given in (
        {"authorization": "Bearer no"},
        {"api_key": "no"},
        {"api_key": "no", "authorization": f"Bearer {KEY}"},
    ):
        wrong = locked.ask(method, path, **given)
        assert wrong.status == 401
        assert wrong.error["code"] == "invalid_api_key"
    for given in ({"authorization": f"Bearer {KEY}"}, {"api_key": OTHER}):
        assert locked.ask(method, path, **given).status != 401


def test_health_needs_no_key(locked):
    assert locked.ask("GET", "/healthz").body == {"status": "ok"}


def test_the_client_is_told_by_the_class_of_its_error(locked):
    with pytest.raises(openai.AuthenticationError):
        locked.client(api_key="no").evals.list()
    assert locked.client(api_key=KEY).evals.list().data == []
    assert locked.client(api_key=lambda: KEY).evals.list().data == []


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_answers_another_site(server, method, path):
    hostile = [
        {"host": "evil.example"}, {"host": "evil.example:8000"}, {"host": ""}, {"host": "127.0.0.1.example"},
        {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:1"},
        {"sec_fetch_site": "cross-site"},
    ]  # fmt: skip
    for headers in hostile:
        answer = server.ask(method, path, **headers)
        assert answer.status == 403
        assert "access-control-allow-origin" not in answer.headers


def test_our_own_names_are_ours(server):
    own = f"127.0.0.1:{server.port}"
    for headers in (
        {"host": "localhost"},
        {"host": f"[::1]:{server.port}"},
        {"origin": f"http://{own}", "host": own},
    ):
        assert server.ask("GET", "/healthz", **headers).status == 200


@pytest.mark.parametrize(
    "path", [path for method, path in ROUTES if method == "POST" and "cancel" not in path]
)
def test_only_what_says_that_it_is_json_is_taken_for_it(server, path):
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert server.ask("POST", path, b"{}", content_type=kind).status in (400, 404, 405, 415)


def test_every_answer_has_a_number_of_its_own(server):
    answers = [server.ask("GET", path) for path in ("/healthz", "/v1/evals", "/v1/nothing", "/healthz")]
    numbers = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(numbers)) == 4
    assert all(number.startswith("req_") for number in numbers)
    assert all("openai-processing-ms" in answer.headers for answer in answers)


def test_a_url_that_is_nowhere_is_named(server):
    answer = server.ask("POST", "/v1/nothing", {})
    assert answer.status == 404
    assert answer.error["message"] == "Invalid URL (POST /v1/nothing)"
    assert server.ask("GET", "/openai/nothing").error["message"] == "Invalid URL (GET /openai/nothing)"


def test_nothing_is_trained_and_nothing_pretends_to_be(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.fine_tuning.jobs.create(model="m", training_file="f")
    assert caught.value.code == "unsupported_endpoint"


@pytest.mark.parametrize(
    "prefix", ["/v1", "/openai/v1", "/openai", "/openai/deployments", "/openai/deployments/gpt-4o"]
)
def test_every_path_of_azure_leads_to_the_same(server, an_eval, prefix):
    answer = server.ask("GET", f"{prefix}/evals/{an_eval.id}?api-version=2025-04-01-preview", api_key="any")
    assert answer.body["id"] == an_eval.id
    assert ("apim-request-id" in answer.headers) == prefix.startswith("/openai")


def test_the_client_of_azure_drives_the_whole_life(locked, custom, exact, runs):
    root = locked.url.removesuffix("/v1")
    for more in ({}, {"azure_deployment": "gpt-4o"}):
        client = AzureOpenAI(azure_endpoint=root, api_key=KEY, api_version="2025-04-01-preview", **more)
        made = client.evals.create(data_source_config=custom, testing_criteria=[exact])
        source = runs.inline([{"item": {"answer": "a"}, "sample": "a"}])
        run = runs.finished(client, client.evals.runs.create(made.id, data_source=source))
        assert run.result_counts.passed == 1
        client.evals.delete(made.id)
