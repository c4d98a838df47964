"""A judge behind Azure OpenAI: its older paths with an api-version, and its v1 path."""

import os
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from graders.endpoints import without_credentials
from graders.endpoints.abilities import Abilities
from graders.endpoints.credentials import Entrance, key_of_environment
from graders.errors import ConfigError, Problem
from graders.judges import JudgeRequest
from graders.judges.openai import SECONDS, OpenAIJudge

KEY, TOKEN = "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"
ENDPOINT, VERSION = "AZURE_OPENAI_ENDPOINT", "OPENAI_API_VERSION"


class AzureJudge(OpenAIJudge):
    """Asks `azure[:DEPLOYMENT][@ENDPOINT]` by chat completions, and is an `OpenAIJudge` in all else.

    The endpoint is `https://RESOURCE.openai.azure.com`, or `AZURE_OPENAI_ENDPOINT`; its v1 path is asked
    unless `OPENAI_API_VERSION`, or `?api-version=` in the address, names a version: then it is the path of
    the deployment. An address that ends in `/v1` stays as it is; one of a deployment, as the portal shows it,
    names the model too. An Entra token in `AZURE_OPENAI_AD_TOKEN`
    goes before a key in `AZURE_OPENAI_API_KEY`.

    Raises:
        ConfigError: there is no address, or neither key nor token, or one that cannot be sent.
        MissingExtraError: the extra `models` is not installed.
    """

    name = "azure"

    def __init__(
        self, model: str | None = None, base_url: str | None = None, *, seconds: float = SECONDS
    ) -> None:
        given = base_url or os.environ.get(ENDPOINT) or ""
        super().__init__(model or _deployment(given), base_url, seconds=seconds)

    def _address(self, base_url: str | None) -> str:
        given = base_url or os.environ.get(ENDPOINT)
        if not given:
            form = "azure:DEPLOYMENT@https://RESOURCE.openai.azure.com"
            raise ConfigError([Problem("judge", f"azure needs an endpoint: {form} or {ENDPOINT}")])
        try:
            return _completed(given)
        except ValueError:
            return given  # no address, as will be said

    def _said_address(self) -> str:
        address = without_credentials(self._url).rstrip("/")
        return f"{address}?api-version={self._version}" if self._version else address

    @property
    def _version(self) -> str | None:
        return dict(parse_qsl(urlsplit(self._url).query)).get("api-version")

    def _entrance(self) -> Entrance:
        token, key = key_of_environment(TOKEN, "judge"), key_of_environment(KEY, "judge")
        if token:
            return Entrance.of(self._url, token)
        entrance = Entrance.of(self._url, key, header="api-key")
        if not entrance.headers:
            raise ConfigError([Problem("judge", f"azure needs a key: set {KEY} or {TOKEN}")])
        return entrance

    def _path(self, request: JudgeRequest) -> str:
        if urlsplit(self._url).path.rstrip("/").endswith("/v1"):
            return self._style.path
        deployment = quote(request.model.encode("utf-8", "replace"), safe="")
        if not deployment.strip("."):  # a path of its own
            deployment = deployment.replace(".", "%2E")
        return f"/deployments/{deployment}{self._style.path}"

    def _first_abilities(self) -> Abilities:
        return Abilities()


def _deployment(url: str) -> str | None:
    """Give the deployment that the address of one names, as the portal shows it."""
    behind = url.partition("?")[0].partition("/deployments/")[2]
    return unquote(behind.partition("/")[0]) or None


def _completed(url: str) -> str:
    """Give the address below which the paths stand, with the version that they need."""
    parts = urlsplit(url)
    path, query = parts.path.partition("/deployments/")[0].rstrip("/"), dict(parse_qsl(parts.query))
    if path.endswith("/v1"):
        return url
    version = query.get("api-version") or os.environ.get(VERSION)
    path = path if path.endswith("/openai") else f"{path}/openai"
    if version:
        query["api-version"] = version
    return urlunsplit((parts.scheme, parts.netloc, path if version else f"{path}/v1", urlencode(query), ""))
