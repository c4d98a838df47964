"""Which modules a worker loads before any row, so that rows need not.

Design: every row is a copy of the worker, and a copy costs by what is loaded; so nothing is loaded that the
source does not import. And the worker is trusted, so nothing is loaded that is not on this list: the
standard library, and the packages of the hosted image. Whatever fails is left for the row to meet.
"""

import importlib
import re
import sys
from collections.abc import Iterable

_PACKAGES = frozenset(
    [
        "numpy",
        "scipy",
        "sympy",
        "pandas",
        "rapidfuzz",
        "sklearn",
        "rouge_score",
        "deepdiff",
        "jsonschema",
        "pydantic",
        "yaml",
        "nltk",
        "sqlparse",
        "rdkit",
        "skbio",
        "ast_grep_py",
        "dateutil",
        "pytz",
        "six",
        "mpmath",
        "regex",
        "joblib",
        "attr",
        "attrs",
        "typing_extensions",
    ]
)
_WITH_EFFECTS = frozenset(
    [
        "antigravity",
        "this",
        "idlelib",
        "turtle",
        "turtledemo",
        "test",
        "tkinter",
        "lib2to3",
        "pip",
        "ensurepip",
    ]
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def load(names: Iterable[str]) -> None:
    """Load the modules among these names that are on the list; a name may also be no module at all."""
    for name in names:
        if _is_listed(name):
            try:
                importlib.import_module(name)
            except BaseException:  # the row that imports it meets the same, and says so
                continue


def _is_listed(name: str) -> bool:
    top = name.partition(".")[0]
    if top in _WITH_EFFECTS or "test" in name or not _NAME.fullmatch(name):
        return False
    return top in _PACKAGES or top in sys.stdlib_module_names
