"""The judge `azure`: its older paths and its v1 path, keys and tokens."""

import pytest

from graders.errors import ConfigError
from graders.judges import JudgeRequest
from graders.judges.azure import AzureJudge
from graders.registry import default_registry

REQUEST = JudgeRequest("gpt-4.1", ({"role": "user", "content": "Rate this"},), {})
KEY, TOKEN = "azure-key-0123456789", "eyJ-token-0123456789"


@pytest.fixture
def azure(endpoint, monkeypatch):
    """The endpoint, as Azure's."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    endpoint.base = endpoint.url.removesuffix("/v1")
    return endpoint


@pytest.mark.parametrize("base", ["", "/", "/openai", "/openai/", "/openai/v1", "/openai/v1/"])
def test_without_a_version_the_v1_path_is_asked(azure, base):
    judge = AzureJudge(None, azure.base + base)
    assert judge.ask(REQUEST).failure is None
    (received,) = azure.received
    assert (received.path, received.query) == ("/openai/v1/chat/completions", {})
    assert judge.identity == f"azure@{azure.base}/openai/v1"


@pytest.mark.parametrize("base", ["", "/openai/"])
def test_with_a_version_the_path_is_that_of_the_deployment(azure, base, monkeypatch):
    monkeypatch.setenv("OPENAI_API_VERSION", "2025-04-01-preview")
    judge = AzureJudge("gpt-4.1", azure.base + base)
    assert judge.ask(REQUEST).failure is None
    (received,) = azure.received
    assert received.path == "/openai/deployments/gpt-4.1/chat/completions"
    assert received.query == {"api-version": "2025-04-01-preview"}
    assert judge.identity == f"azure:gpt-4.1@{azure.base}/openai?api-version=2025-04-01-preview"


def test_the_address_may_hold_the_version(azure, monkeypatch):
    monkeypatch.setenv("OPENAI_API_VERSION", "2025-04-01-preview")
    AzureJudge(None, f"{azure.base}?api-version=2024-10-21").ask(REQUEST)
    assert azure.received[0].query == {"api-version": "2024-10-21"}
    AzureJudge(None, f"{azure.base}/openai/v1?api-version=preview").ask(REQUEST)
    assert azure.received[1].path == "/openai/v1/chat/completions"
    assert azure.received[1].query == {"api-version": "preview"}


def test_the_address_of_a_deployment_names_it(azure):
    shown = "/openai/deployments/my%20judge/chat/completions?api-version=2024-10-21"
    judge = AzureJudge(None, azure.base + shown)
    assert judge.model == "my judge"
    judge.ask(JudgeRequest("my judge", (), {}))
    (received,) = azure.received
    assert received.path == "/openai/deployments/my judge/chat/completions"
    assert received.query == {"api-version": "2024-10-21"}
    assert judge.identity == f"azure:my judge@{azure.base}/openai?api-version=2024-10-21"
    assert AzureJudge("other", azure.base + shown).model == "other"


@pytest.mark.parametrize("model", ["../../files", "a/b?c=d#e", ".."])
def test_a_model_cannot_leave_its_place_in_the_path(azure, model, monkeypatch):
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    AzureJudge(None, azure.base).ask(JudgeRequest(model, (), {}))
    assert azure.received[0].path == f"/openai/deployments/{model}/chat/completions"
    assert azure.received[0].query == {"api-version": "2024-10-21"}


def test_a_key_goes_as_api_key_and_openais_does_not_go_at_all(azure, misbehaving):
    AzureJudge(None, azure.base).ask(REQUEST)
    headers = azure.received[0].headers
    assert headers["api-key"] == KEY
    assert "authorization" not in headers
    assert misbehaving.CANARY not in str(headers)


def test_a_token_goes_as_bearer_and_before_a_key(azure, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", TOKEN)
    AzureJudge(None, azure.base).ask(REQUEST)
    headers = azure.received[0].headers
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert "api-key" not in headers


def test_the_endpoint_may_stand_in_the_environment(azure, monkeypatch):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", azure.base)
    assert AzureJudge("m").ask(REQUEST).failure is None


def test_the_newer_name_of_the_limit_goes_first(azure):
    azure.lacks = ("max_completion_tokens",)
    AzureJudge(None, azure.base).ask(REQUEST)
    assert ["max_completion_tokens" in body for body in azure.bodies] == [True, False]


def test_without_an_endpoint_or_a_key_it_is_a_config_error(azure, monkeypatch):
    with pytest.raises(ConfigError, match=r"^judge: azure needs an endpoint: azure:DEPLOYMENT@https://"):
        AzureJudge("m")
    with pytest.raises(ConfigError, match=r"expected an address such as .*; got 'ftp://h/openai/v1'$"):
        AzureJudge("m", "ftp://user:pass@h")
    monkeypatch.delenv("AZURE_OPENAI_API_KEY")
    expected = "^judge: azure needs a key: set AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN$"
    with pytest.raises(ConfigError, match=expected):
        AzureJudge("m", azure.base)


@pytest.mark.parametrize("fault", ["400", "404", "500", "429", "401"])
def test_the_key_is_in_no_reply(azure, fault):
    azure.faults = [fault]
    judge = AzureJudge(None, azure.base)
    assert KEY not in f"{judge.ask(REQUEST)!r} {judge!r}"


def test_the_names_of_judges_are_known():
    found = [default_registry().get("judges", name).name for name in ("openai", "responses", "azure")]
    assert found == ["openai", "responses", "azure"]
