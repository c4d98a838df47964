"""What the rows of training and validation files must look like, one function a method.

Design: a rule gives (kind, path, message) and never raises; the path leads into the row, so that a file's
line and the path together name the place.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from graders.config import join
from graders.config.problems import did_you_mean, expected_one_of, show
from graders.fine_tuning.methods import MethodType

LONG_CHARACTERS = 200_000
"""Characters of a row beyond which it may not fit a model's window (about 50,000 tokens of English)."""


class Fault(NamedTuple):
    """Something about a row: its kind, where it stands in the row, what was expected and what came."""

    kind: str
    path: str
    message: str


Faults = Iterator[Fault]
Rule = Callable[[Mapping[str, Any]], Faults]

_ROLES: Mapping[MethodType, tuple[str, ...]] = {
    "supervised": ("system", "user", "assistant", "tool", "function", "developer"),
    "dpo": ("system", "user", "assistant", "tool", "function", "developer"),
    "reinforcement": ("developer", "user", "assistant", "tool", "system"),
}
_OLD_NAMES = {
    "preferred_output": "preferred_completion",
    "non_preferred_output": "non_preferred_completion",
}


def rule_of(method: MethodType | None) -> Rule:
    """Give the rule for the rows of a method; where that is not known, every row is right."""
    rules: dict[MethodType | None, Rule] = {
        "supervised": _supervised,
        "dpo": _dpo,
        "reinforcement": _reinforcement,
    }
    return rules.get(method, lambda row: iter(()))


def _reinforcement(row: Mapping[str, Any]) -> Faults:
    yield from _conversation(row, "$", "reinforcement")
    messages = row.get("messages")
    messages = messages if isinstance(messages, list) else []
    last = messages[-1] if messages else None
    if isinstance(last, Mapping) and last.get("role") in _ROLES["reinforcement"] and last["role"] != "user":
        path = f"$.messages[{len(messages) - 1}].role"
        yield Fault(
            "row_last_role", path, f"expected the last message to be the user's; got {show(last.get('role'))}"
        )


def _supervised(row: Mapping[str, Any]) -> Faults:
    yield from _conversation(row, "$", "supervised")
    yield from _unknown(row, "$", ("messages", "tools", "parallel_tool_calls", "functions"))
    yield from _functions(row.get("functions"))
    messages = row.get("messages")
    if isinstance(messages, list) and messages and not any(map(_is_target, messages)):
        message = "expected an assistant message with a weight that is not 0"
        yield Fault("row_no_target", "$.messages", message)


def _dpo(row: Mapping[str, Any]) -> Faults:
    yield from _unknown(row, "$", ("input", *_OLD_NAMES, *_OLD_NAMES.values()))
    given = row.get("input")
    if not isinstance(given, Mapping):
        yield Fault("row_shape", "$.input", _expected("an object with messages", row, "input"))
    else:
        yield from _conversation(given, "$.input", "dpo")
        yield from _unknown(given, "$.input", ("messages", "tools", "parallel_tool_calls"))
    for name in _OLD_NAMES:
        yield from _output(row, name)
    better, worse = row.get("preferred_output"), row.get("non_preferred_output")
    if (better and better == worse) or (_words(better) and _words(better) == _words(worse)):
        yield Fault("dpo_equal", "$.non_preferred_output", "expected another answer than the preferred one")


def _words(output: Any) -> str:
    """Give the text of an answer that is a text alone, blocks or not; empty for any other."""
    message = output[0] if isinstance(output, list) and len(output) == 1 else None
    if not isinstance(message, Mapping) or message.get("tool_calls"):
        return ""
    content = message.get("content")
    blocks: list[Any] = content if isinstance(content, list) else [{"type": "text", "text": content}]
    texts = [
        block["text"] for block in blocks if isinstance(block, Mapping) and isinstance(block.get("text"), str)
    ]
    return "".join(texts).strip() if len(texts) == len(blocks) else ""


def _output(row: Mapping[str, Any], name: str) -> Faults:
    path, value = f"$.{name}", row.get(name)
    if name not in row and _OLD_NAMES[name] in row:
        yield Fault("row_shape", "$", f"missing field {name!r} (found {_OLD_NAMES[name]!r})")
    elif not isinstance(value, list) or len(value) != 1:
        came = f"{len(value)} messages" if isinstance(value, list) else None
        yield Fault("row_shape", path, _expected("an array of one message", row, name, came))
    else:
        yield from _message(value[0], f"{path}[0]", ("assistant",))


def _conversation(value: Mapping[str, Any], path: str, method: MethodType) -> Faults:
    """Check messages and tools."""
    messages = value.get("messages")
    if not isinstance(messages, list) or not messages:
        came = "none" if messages == [] else None
        yield Fault(
            "row_shape", f"{path}.messages", _expected("at least one message", value, "messages", came)
        )
    else:
        for index, message in enumerate(messages):
            yield from _message(message, f"{path}.messages[{index}]", _ROLES[method])
    yield from _tools(value.get("tools"), f"{path}.tools")
    parallel = value.get("parallel_tool_calls")
    if not isinstance(parallel, bool | None):
        yield Fault(
            "row_shape", f"{path}.parallel_tool_calls", f"expected true or false; got {show(parallel)}"
        )


def _message(message: object, path: str, roles: tuple[str, ...]) -> Faults:
    if not isinstance(message, Mapping):
        yield Fault("row_shape", path, f"expected a message, an object; got {show(message)}")
        return
    role = message.get("role")
    if not isinstance(role, str) or role not in roles:
        missing = "role" not in message
        said = "missing field 'role'" if missing else expected_one_of(roles, role)
        yield Fault("row_shape", path if missing else f"{path}.role", said)
    yield from _content(message, path)
    yield from _tool_calls(message, path)
    if "weight" in message and (role != "assistant" or message["weight"] not in (0, 1, None)):
        came = show(message["weight"]) if role == "assistant" else f"one in a message of role {show(role)}"
        yield Fault("row_shape", f"{path}.weight", f"expected 0 or 1, in assistant messages only; got {came}")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        yield Fault("row_shape", path, "missing field 'tool_call_id' in a message of role 'tool'")


def _content(message: Mapping[str, Any], path: str) -> Faults:
    content = message.get("content")
    calls = message.get("tool_calls") or message.get("function_call") or message.get("refusal")
    if content is None and calls:
        return
    if content is None:
        said = _expected("a text or an array of blocks", message, "content")
        yield Fault("row_shape", f"{path}.content" if "content" in message else path, said)
    elif isinstance(content, list):
        yield from _blocks(content, f"{path}.content")
    elif not isinstance(content, str):
        yield Fault(
            "row_shape", f"{path}.content", f"expected a text or an array of blocks; got {show(content)}"
        )
    if (content == [] or (isinstance(content, str) and not content.strip())) and not calls:
        yield Fault("row_empty_message", f"{path}.content", "the message is empty")


def _blocks(blocks: list[Any], path: str) -> Faults:
    for index, block in enumerate(blocks):
        if not isinstance(block, Mapping) or not isinstance(block.get("type"), str):
            yield Fault("row_shape", f"{path}[{index}]", f"expected a block with a type; got {show(block)}")
        elif block["type"] == "text" and not isinstance(block.get("text"), str):
            yield Fault("row_shape", f"{path}[{index}]", _expected("a text", block, "text"))


def _tool_calls(message: Mapping[str, Any], path: str) -> Faults:
    calls = message.get("tool_calls")
    if not isinstance(calls, list | None):
        yield Fault("row_shape", f"{path}.tool_calls", f"expected an array; got {show(calls)}")
    for index, call in enumerate(calls if isinstance(calls, list) else ()):
        function = call.get("function") if isinstance(call, Mapping) else None
        texts = isinstance(function, Mapping) and all(
            isinstance(function.get(name), str) for name in ("name", "arguments")
        )
        if not texts:
            said = "expected a function with a name and arguments, both texts"
            yield Fault("row_shape", f"{path}.tool_calls[{index}]", said)


def _tools(tools: object, path: str) -> Faults:
    if not isinstance(tools, list | None):
        yield Fault("row_shape", path, f"expected an array of tools; got {show(tools)}")
    for index, tool in enumerate(tools if isinstance(tools, list) else ()):
        function = tool.get("function") if isinstance(tool, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            yield Fault("row_shape", f"{path}[{index}]", "expected a function with a name")


def _functions(functions: object) -> Faults:
    if functions is None:
        return
    if not isinstance(functions, list) or not 1 <= len(functions) <= 128:
        came = f"{len(functions)}" if isinstance(functions, list) else show(functions)
        yield Fault("row_shape", "$.functions", f"expected 1 to 128 functions; got {came}")


def _unknown(value: Mapping[str, Any], path: str, names: tuple[str, ...]) -> Faults:
    for key in value:
        if key not in names:
            message = "unknown field" + did_you_mean(str(key), names)
            yield Fault("row_unknown_field", join(path, str(key)), message)


def _is_target(message: object) -> bool:
    return isinstance(message, Mapping) and message.get("role") == "assistant" and message.get("weight") != 0


def _expected(what: str, value: Mapping[str, Any], name: str, came: str | None = None) -> str:
    if name not in value:
        return f"missing field {name!r}" + did_you_mean(name, [str(key) for key in value])
    return f"expected {what}; got {came or show(value[name])}"
