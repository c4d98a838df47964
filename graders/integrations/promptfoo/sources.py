"""Sources of python graders for assertions that no other type of grader computes.

Design: what a test expects stands in its item, so one source serves all tests of a kind. `{where}` is the
expression that reads it.
"""

from graders.integrations.promptfoo.notes import NoCounterpartError

_PLAIN = """\
{imports}
def grade(sample, item):
    output = sample.get("output_text", "")
    expected = {where}
    return float({test})
"""

_TESTS = {
    "starts-with": ("", "output.startswith(expected)"),
    "ends-with": ("", "output.endswith(expected)"),
    "regex": ("import re\n\n", "re.search(expected, output, re.ASCII) is not None"),
    "levenshtein": (
        "from rapidfuzz.distance import Levenshtein\n\n",
        'Levenshtein.distance(output, expected["text"]) <= expected["most"]',
    ),
    "word-count": ("", 'expected["min"] <= len(output.split()) <= expected["max"]'),
}

_JSON = """\
import json


def refuse(word):
    raise ValueError(word)


def parsed(text):
    try:
        return True, json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return False, None

"""

_EQUAL = (
    _JSON
    + '''
def same(one, other):
    """Compare JSON values; true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) in (int, float, str, type(None)) and one == other


def grade(sample, item):
    is_json, value = parsed(sample.get("output_text", ""))
    return float(is_json and same(value, {where}))
'''
)

_IS_JSON = (
    _JSON
    + """
def grade(sample, item):
    is_json, value = parsed(sample.get("output_text", ""))
    return float(is_json)
"""
)

_MATCHES_SCHEMA = (
    _JSON
    + """
def grade(sample, item):
    from jsonschema.validators import validator_for

    schema = {where}
    is_json, value = parsed(sample.get("output_text", ""))
    return float(is_json and validator_for(schema)(schema).is_valid(value))
"""
)

_OTHERS = {"equals": _EQUAL, "is-json": _IS_JSON, "matches-schema": _MATCHES_SCHEMA}

_CODE = """\
import json


def main(output, context):
{body}


def grade(sample, item):
    result = main(sample.get("output_text", ""), {{"vars": item}})
    return score_of(result)
"""

_FILE = """\
{source}


def grade(sample, item):
    result = {function}(sample.get("output_text", ""), {{"vars": item}})
    return score_of(result)
"""

_SCORE = '''

def score_of(result):
    """Read what promptfoo reads: a bool, a number, a text of one, or an object with a score."""
    import json

    if isinstance(result, str) and result.startswith("{"):
        result = json.loads(result)
    if isinstance(result, str) and result.lower() in ("true", "false"):
        result = result.lower() == "true"
    if isinstance(result, dict):
        result = result["score"]
    return float(result)
'''


def source_of(kind: str, where: str) -> str:
    """Give the source for a kind of assertion; what it expects stands at `where` in the item."""
    if kind in _OTHERS:
        return _OTHERS[kind].replace("{where}", where)
    imports, test = _TESTS[kind]
    return _PLAIN.format(imports=imports, where=where, test=test)


def code_of(code: str) -> str:
    """Wrap an expression, or the body of a function of `output` and `context`.

    Raises:
        NoCounterpartError: it is no Python.
    """
    lines = code.split("\n")
    body = "\n".join(f"    {line}" for line in lines) if len(lines) > 1 else f"    return {code}"
    return _checked(_CODE.format(body=body) + _SCORE)


def file_of(source: str, function: str) -> str:
    """Wrap a module whose `function` takes `output` and `context`.

    Raises:
        NoCounterpartError: it is no Python.
    """
    return _checked(_FILE.format(source=source.rstrip(), function=function) + _SCORE)


def _checked(source: str) -> str:
    try:
        compile(source, "assertion", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise NoCounterpartError(f"the Python code cannot be compiled: {error}") from None
    return source
