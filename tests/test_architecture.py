"""Who may import whom. The table is the design; a change here is a change of the design."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import graders

PACKAGE = Path(graders.__file__).parent

LEVELS = {
    "errors": 0, "metrics": 0, "strict_json": 0, "tracing": 0, "interruptible": 0, "facts": 0,
    "config": 1, "batch": 1, "scores": 1, "stats": 1, "catalog": 1,
    "sandbox": 1, "cache": 1, "endpoints": 1, "tables": 1, "lock": 1,
    "render": 2, "formula": 2, "judges": 2, "embedders": 2, "sampling": 2,
    "registry": 3, "scoring": 3,
    "compile": 4, "dataset": 4, "results": 4,
    "engine": 5, "analysis": 5, "report": 5, "store": 5,
    "fine_tuning": 6, "hosted": 6, "integrations": 6,
    "cli": 7, "server": 7,
}  # fmt: skip


def up_to(level: int) -> set[str]:
    return {room for room, at in LEVELS.items() if at <= level}


BASIS = {"errors", "strict_json", "interruptible", "facts"}
MAY_IMPORT = {
    "errors": set(),
    "strict_json": set(),
    "tracing": set(),
    "interruptible": set(),
    "facts": set(),
    "metrics": set(),
    **dict.fromkeys((room for room, level in LEVELS.items() if level == 1), BASIS),
    **dict.fromkeys(("render", "formula"), BASIS | {"batch"}),
    **dict.fromkeys(("judges", "embedders", "sampling"), BASIS | {"cache", "endpoints", "tracing"}),
    "registry": {"errors"},
    "scoring": BASIS
    | {"config", "render", "formula", "batch", "scores", "metrics", "judges", "embedders", "sandbox"},
    "compile": up_to(3),
    "dataset": BASIS | {"batch", "tables"},
    "results": BASIS | {"scores", "batch", "stats", "tables", "lock"},
    "engine": up_to(4),
    "analysis": BASIS | {"engine", "dataset", "results", "stats", "metrics", "batch", "render"},
    "report": BASIS | {"results", "stats", "analysis", "engine", "compile", "registry"},
    "store": BASIS | {"results", "scores"},
    **dict.fromkeys(("fine_tuning", "hosted", "integrations"), up_to(5)),
    **dict.fromkeys(("cli", "server"), up_to(6)),
    "__init__": {"errors", "config", "compile", "engine", "scores", "results"},
    "__main__": {"cli"},
}
MAY_IMPORT["cli"] = MAY_IMPORT["cli"] | {"server"}  # inside the command `serve` only


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            whole = node.module == "graders"
            names = [f"graders.{alias.name}" for alias in node.names] if whole else [node.module or ""]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("graders."))


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_every_room_is_in_the_table() -> None:
    assert {room_of(path) for path in modules()} <= set(MAY_IMPORT)


def test_no_room_imports_what_the_table_does_not_allow() -> None:
    forbidden = [
        f"{path.relative_to(PACKAGE)} imports {room}"
        for path in modules()
        for room in imported_rooms(path)
        if room != room_of(path) and room not in MAY_IMPORT[room_of(path)]
    ]
    assert forbidden == []


def test_the_table_has_no_cycle() -> None:
    assert len(list(TopologicalSorter(MAY_IMPORT).static_order())) == len(MAY_IMPORT)


def test_multi_does_not_import_its_siblings() -> None:
    source = (PACKAGE / "scoring" / "multi.py").read_text(encoding="utf-8")
    siblings = {path.stem for path in (PACKAGE / "scoring").glob("*.py")} - {"__init__", "multi"}
    assert not [name for name in siblings if f"graders.scoring.{name}" in source]
