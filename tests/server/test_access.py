"""Who may ask, and by which name: keys, hosts, origins, the paths of Azure."""

import openai
import pytest
from openai import AzureOpenAI

pytestmark = pytest.mark.one_database("whoever is refused reaches no database")

KEY, OTHER = "sk-one", "sk-two"


@pytest.fixture(scope="module")
def locked(serving, tmp_path_factory):
    """A server that demands a key."""
    folder = tmp_path_factory.mktemp("locked")
    (folder / "keys").write_text(f"{KEY}\n\n", "utf-8")
    with serving(folder / "store", "--api-key-file", str(folder / "keys"), GRADERS_API_KEY=OTHER) as server:
        yield server


def test_the_client_is_told_by_the_class_of_its_error(locked):
    with pytest.raises(openai.AuthenticationError):
        locked.client(api_key="no").evals.list()
    assert locked.client(api_key=KEY).evals.list().data == []
    assert locked.client(api_key=lambda: KEY).evals.list().data == []


def test_our_own_names_are_ours(server):
    own = f"127.0.0.1:{server.port}"
    for headers in (
        {"host": "localhost"},
        {"host": f"[::1]:{server.port}"},
        {"origin": f"http://{own}", "host": own},
    ):
        assert server.ask("GET", "/healthz", **headers).status == 200


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
