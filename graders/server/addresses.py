"""The paths under which the server is asked: those of Azure, as the usual ones; and those of pages."""

import re

RESOURCES = ("evals", "files", "fine_tuning")
LOGIN, LOGOUT = "/login", "/logout"
PAGES = ("", "evaluations", "playground", "static", "login", "logout")
"""The first parts of the paths of pages."""

_AZURE = re.compile(r"/openai(?:/v1|/deployments(?:/(?!(?:evals|files|fine_tuning)(?:/|$))[^/]+)?)?(?=/)")


def is_azure(path: str) -> bool:
    """Say whether a path is one of Azure's."""
    return path.startswith("/openai/")


def is_page(path: str) -> bool:
    """Say whether a path is that of a page, or of what belongs to one, and none of the API's."""
    first, _, rest = path.removeprefix("/").partition("/")
    return first in PAGES and not (first == "" and rest)


def usual(path: str) -> str:
    """Give the path below `/v1` that a path of Azure stands for, and every other path as it is."""
    found = _AZURE.match(path)
    if found is None:
        return path
    rest = path[found.end() :]
    return f"/v1{rest}" if rest.split("/")[1] in RESOURCES else path
