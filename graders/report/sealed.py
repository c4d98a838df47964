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


def environment(package: str, filters: Mapping[str, Callable[..., Any]], *others: str) -> jinja2.Environment:
    """Make the environment of the templates of a package, and of others where it has none of a name."""
    made = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(name) for name in (package, *others)]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= filters
    return made


def style(package: str, name: str) -> dict[str, str]:
    """Give the style sheet of a package and the policy that allows it, as `style` and `policy`."""
    sheet, allowed = sealed_sheet((package, name))
    return {"style": sheet, "policy": f"{allowed}; base-uri 'none'; form-action 'none'"}


def sealed_sheet(*named: tuple[str, str]) -> tuple[Markup, str]:
    """Give style sheets, each of a package, as one, and the policy that allows it and pictures as data."""
    sheet = "".join(
        files(package).joinpath("templates", name).read_text(encoding="utf-8") for package, name in named
    )
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return Markup(sheet), f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"
