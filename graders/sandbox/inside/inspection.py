"""Look at a source without trusting it: does it compile, what does it import, what does it seem to do.

Design: `static` compiles and reads the tree and runs nothing; it stands in a confined child because a
compiler can be brought down by what it compiles. `verdict` runs the source as a row would.
"""

import ast
import importlib.util
import inspect
import json
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

from graders.sandbox.inside import protocol
from graders.sandbox.inside.grading import Program, clip, compiled, traceback_text

FITS, MISSING, NOT_CALLABLE, WRONG_ARITY = 0.0, 1.0, 2.0, 3.0
_MOST = 500
_LONGEST_NAME = 200
_NETWORK = frozenset(
    [
        "socket",
        "ssl",
        "http",
        "urllib",
        "ftplib",
        "smtplib",
        "requests",
        "httpx",
        "aiohttp",
        "websockets",
        "openai",
    ]
)
_PROCESSES = frozenset(["subprocess", "multiprocessing", "concurrent.futures.process", "pty"])
_FILES = frozenset(
    ["open", "mkdtemp", "mkstemp", "write_text", "write_bytes", "unlink", "rmtree", "makedirs"]
)


def static(source: str, distributions: Sequence[str] = ()) -> bytes:
    """Give as JSON what can be known without running; with `distributions`, also what is installed."""
    found: dict[str, Any] = {"error": None, "imports": [], "modules": [], "uses": [], "grade": None}
    try:
        tree = ast.parse(source, "grader.py")
        compiled(source)
    except BaseException as error:  # hostile sources bring down the compiler in many ways
        found["error"] = _compiler_error(error)
    else:
        found["imports"] = list(_imports(tree))[:_MOST]
        found["modules"] = [name[:_LONGEST_NAME] for node in ast.walk(tree) for name in _modules(node)][
            :_MOST
        ]
        found["uses"] = list(_uses(tree))[:_MOST]
        found["grade"] = _grade_line(tree)
    if distributions:
        found["present"] = {name: _is_present(name) for name in _tops(found["imports"])}
        found["versions"] = {name: _version(name) for name in distributions}
    return json.dumps(found).encode()


def verdict(program: Program) -> bytes:
    """Run the source as a module and say whether `grade` can be called; as the reply to a row."""
    try:
        grade = program.load().__dict__.get("grade")
        if grade is None:
            return _verdict(MISSING)
        return _verdict(_fit(grade) if callable(grade) else NOT_CALLABLE)
    except BaseException as error:
        return program.failure(error)


def _verdict(value: float) -> bytes:
    return protocol.VALUE + protocol.SCORE.pack(value)


def _fit(grade: Any) -> float:
    try:
        signature = inspect.signature(grade)
    except (TypeError, ValueError):  # some callables of C have none
        return FITS
    try:
        signature.bind({}, {})
    except TypeError:
        return WRONG_ARITY
    return FITS


def _compiler_error(error: BaseException) -> dict[str, Any]:
    line = getattr(error, "lineno", None)
    text = clip(traceback_text(error), 4000)
    short = clip("".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1], 1000)
    return {"line": line if isinstance(line, int) else 1, "message": short, "text": text}


def _imports(tree: ast.Module) -> Iterator[dict[str, Any]]:
    """Give every import: name, line, and whether a `try` round it may catch its failure."""
    guarded = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Try) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        for name in _imported(node):
            yield {"name": name[:_LONGEST_NAME], "line": _line(node), "guarded": id(node) in guarded}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level and node.module != "__future__":
        return [node.module]
    return []


def _modules(node: ast.AST) -> list[str]:
    """Give the names in an import that may be modules: `from scipy import stats` loads one."""
    names = _imported(node)
    members = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
    return names + [f"{name}.{member}" for name in names for member in members]


def _uses(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        for name in _imported(node):
            top = name.partition(".")[0]
            if top in _NETWORK and name != "urllib.parse":
                yield "network", _line(node)
            if top in _PROCESSES:
                yield "processes", _line(node)
        if isinstance(node, ast.Call) and _called(node) in _FILES:
            yield "files", _line(node)


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _grade_line(tree: ast.Module) -> int | None:
    """Give the line where a module-level statement binds `grade`, as far as that can be seen."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == "grade":
            return node.lineno
        if isinstance(node, ast.Name) and node.id == "grade" and isinstance(node.ctx, ast.Store):
            return node.lineno
    return None


def _line(node: ast.AST) -> int:
    return int(getattr(node, "lineno", 1))


def _tops(imports: list[dict[str, Any]]) -> set[str]:
    return {entry["name"].partition(".")[0] for entry in imports}


def _is_present(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _version(distribution: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
