"""What holds for every endpoint asked over HTTP: which texts are addresses, what may be said of one."""

import re
from urllib.parse import urlsplit, urlunsplit

__all__ = ["is_address", "is_azure", "is_hosted", "split_address", "without_credentials"]

_AZURE = (".azure.com", ".azure.us", ".azure.cn", ".azure-api.net")
_BEGINNING = re.compile(r"@(?=https?://)")


def is_address(url: str) -> bool:
    """Tell whether a text is an address that can be asked: http or https, with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def is_hosted(url: str) -> bool:
    """Tell whether an address is OpenAI's or Azure's: these take the newest names, and have all tools."""
    return f".{urlsplit(url).hostname}".endswith(".openai.com") or is_azure(url)


def is_azure(url: str) -> bool:
    """Tell whether an address is Azure's."""
    return f".{urlsplit(url).hostname}".endswith(_AZURE)


def split_address(text: str) -> tuple[str, str | None]:
    """Split `NAME[@ADDRESS]` at the last `@` before `http://` or `https://`; a name may hold that sign."""
    at = [found.start() for found in _BEGINNING.finditer(text)]
    return (text[: at[-1]], text[at[-1] + 1 :]) if at else (text, None)


def without_credentials(url: str) -> str:
    """Cut user, password, query and fragment out of an address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "..."
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
