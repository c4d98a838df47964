"""What lets a client in: a key, a token, a user and password, a query; and how nobody hears of them."""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from graders.endpoints import is_address, without_credentials
from graders.errors import ConfigError, Problem

_KEY, _ADDRESS = "OPENAI_API_KEY", "https://api.openai.com/v1"

_SHORTEST_SECRET = 6
"""Keys of servers that want none, such as `x`, are words of any message."""
_BEGINNING = 12
_LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class Entrance:
    """An address without credentials, and what is sent along with every request there."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, url: str, key: str | None = None, *, header: str = "Authorization") -> Self:
        """Take an address apart; a user in it goes before the key, which goes into `header`."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        user = ":".join(map(unquote, (parts.username or "", parts.password or "")))
        pair = base64.b64encode(user.encode()).decode()
        headers: dict[str, str] = {}
        if user != ":":
            headers["Authorization"] = f"Basic {pair}"
        elif key:
            headers[header] = f"Bearer {key}" if header == "Authorization" else key
        entered = parts.password or parts.username or ""
        said = (key or "", entered, unquote(entered), pair, *query.values())
        secrets = tuple(each for each in said if len(each) >= _SHORTEST_SECRET)
        netloc = parts.netloc.rpartition("@")[2]
        return cls(urlunsplit((parts.scheme, netloc, parts.path, "", "")), headers, query, secrets)

    def hushed(self, text: str) -> str:
        """Cut secrets, and what begins like one, out of what is said; bounded, in one line."""
        for secret in self.secrets:
            text = re.sub(re.escape(secret[:_BEGINNING]) + r"[^\s'\"]*", "[key]", text)
        return " ".join(text.split())[:_LONGEST_MESSAGE]


def usual_address(given: str | None) -> str:
    """Give the address that is meant: the given one, else that of `OPENAI_BASE_URL`, else OpenAI's."""
    return given or os.environ.get("OPENAI_BASE_URL") or _ADDRESS


def usual_entrance(url: str, who: str, what: str) -> Entrance:
    """Go in with the key `OPENAI_API_KEY` of the environment; servers on one's own machine need none.

    Raises:
        ConfigError: the key cannot be sent, or `what` means OpenAI's own host and there is none.
    """
    entrance = Entrance.of(url, key_of_environment(_KEY, who))
    if not entrance.headers and f".{urlsplit(url).hostname}".endswith(".api.openai.com"):
        raise ConfigError([Problem(who, f"{what} needs a key: set {_KEY}")])
    return entrance


def checked_address(url: str, who: str) -> str:
    """Give an address that can be asked.

    Raises:
        ConfigError: it is none; `who` wants it.
    """
    if is_address(url):
        return url
    expected = "expected an address such as http://localhost:8000/v1"
    raise ConfigError([Problem(who, f"{expected}; got {without_credentials(url)!r}")])


def key_of_environment(name: str, who: str) -> str | None:
    """Give a key of the environment, or None.

    Raises:
        ConfigError: no header can hold it.
    """
    key = os.environ.get(name)
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise ConfigError([Problem(who, f"expected {name} to be printable ASCII without spaces")])
    return key or None
