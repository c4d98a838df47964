"""Pages that need nothing else and run nothing: escaped by Jinja2, and forbidden to fetch or to execute.

Design: the one thing that is put in unescaped is a style sheet of ours. The Content-Security-Policy names it
by its hash and allows nothing beside it but pictures that are in the page.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup


def environment(package: str, filters: Mapping[str, Callable[..., Any]]) -> jinja2.Environment:
    """Make the environment of the templates of a package."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= filters
    return made


def style(package: str, name: str) -> dict[str, str]:
    """Give the style sheet of a package and the policy that allows it, as `style` and `policy`."""
    sheet = files(package).joinpath("templates", name).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    allowed = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"
    return {"style": Markup(sheet), "policy": f"{allowed}; base-uri 'none'; form-action 'none'"}
