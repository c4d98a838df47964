"""What the source of a python grader reads of item and sample, as far as its text says so.

Design: only keys that are written out are known: `item["answer"]`, `item.get("answer")`. A parameter that is
handed on whole may be read in any way.
"""

import ast
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Keys = tuple[str, ...]
_POSITIONS = {"sample": 0, "item": 1}


@dataclass(frozen=True)
class Reading:
    """Keys one below the other, and whether the source raises where they lack; `whole` where more is read."""

    keys: Mapping[Keys, bool] = field(default_factory=dict)
    whole: bool = True


def reading_of(source: str, parameter: Literal["sample", "item"]) -> Reading:
    """Say what `grade` reads of one of its parameters, whatever that is called there."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Reading()
    name = _parameter(tree, _POSITIONS[parameter])
    if name is None:
        return Reading()
    above = {below: node for node in ast.walk(tree) for below in ast.iter_child_nodes(node)}
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    if not all(isinstance(node.ctx, ast.Load) for node in uses):
        return Reading()  # the name means something else by and by
    asked = {key for node in uses if (key := _asked_for(node, above)) is not None}
    keys: dict[Keys, bool] = {}
    whole = False
    for node in uses:
        found, raises = _keys_below(node, above)
        whole |= not found and _asked_for(node, above) is None
        if found:
            raises = raises and found[0] not in asked and not _is_guarded(node, above)
            keys[found] = keys.get(found, False) or raises
    return Reading(keys, whole)


def _parameter(tree: ast.Module, position: int) -> str | None:
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "grade"]
    names = [each.arg for each in (*found[-1].args.posonlyargs, *found[-1].args.args)] if found else []
    return names[position] if position < len(names) else None


def _keys_below(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> tuple[Keys, bool]:
    """Give the keys that are looked up in a value, and whether one of them is looked up without a default."""
    keys: list[str] = []
    raises = False
    while True:
        over = above.get(node)
        if isinstance(over, ast.Subscript) and over.value is node and isinstance(over.ctx, ast.Load):
            key, node, strict = over.slice, over, True
        elif (call := _get_call(over, above)) is not None:
            key, node, strict = call.args[0], call, False
        else:
            break
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
            break
        keys.append(key.value)
        raises |= strict
    return tuple(keys), raises


def _get_call(node: ast.AST | None, above: Mapping[ast.AST, ast.AST]) -> ast.Call | None:
    call = above.get(node) if isinstance(node, ast.Attribute) and node.attr == "get" else None
    return call if isinstance(call, ast.Call) and call.func is node and call.args else None


def _asked_for(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> str | None:
    """Give the key of `"key" in item`."""
    over = above.get(node)
    if not isinstance(over, ast.Compare) or not isinstance(over.ops[-1], ast.In | ast.NotIn):
        return None
    left = over.left
    return left.value if isinstance(left, ast.Constant) and isinstance(left.value, str) else None


def _is_guarded(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> bool:
    return any(isinstance(over, ast.Try) for over in _all_above(node, above))


def _all_above(node: ast.AST, above: Mapping[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while (over := above.get(node)) is not None:
        yield over
        node = over
