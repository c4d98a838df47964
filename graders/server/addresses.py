"""The paths under which the API is asked for, those of Azure among them, as one."""

import re

RESOURCES = ("evals", "files", "fine_tuning")

_AZURE = re.compile(r"/openai(?:/v1|/deployments(?:/(?!(?:evals|files|fine_tuning)(?:/|$))[^/]+)?)?(?=/)")


def is_azure(path: str) -> bool:
    """Say whether a path is one of Azure's."""
    return path.startswith("/openai/")


def usual(path: str) -> str:
    """Give the path below `/v1` that a path of Azure stands for, and every other path as it is."""
    found = _AZURE.match(path)
    if found is None:
        return path
    rest = path[found.end() :]
    return f"/v1{rest}" if rest.split("/")[1] in RESOURCES else path
