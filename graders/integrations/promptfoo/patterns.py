r"""Patterns of JavaScript, written for Python's `re` with the flag ASCII.

Design: the two differ in few places, and each is rewritten so that the pattern matches the same texts: `$`
matches at the very end only, `.` stops at four kinds of line ends, `\s` knows the blanks of Unicode, groups
are named in another way. What has no counterpart is refused.
"""

import re

from graders.integrations.promptfoo.notes import NoCounterpartError

_BLANKS = r"\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_NOT_BLANKS = rf"(?![{_BLANKS}])[\s\S]"
_TOKEN = re.compile(
    r"\\k<(?P<back>\w+)>|\\(?P<escaped>c[A-Za-z]|.)|\(\?<(?P<group>[A-Za-z_$]\w*)>|(?P<one>.)", re.DOTALL
)
_OUTSIDE = {"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}
_SAME_ESCAPES = frozenset("dDwWbBtnrfvxu0123456789")
_EMPTY_CLASSES = {"[^]": r"[\s\S]", "[]": r"(?!)"}


def python_pattern(pattern: str) -> str:
    """Translate a pattern that JavaScript compiles without flags.

    Raises:
        NoCounterpartError: it cannot be written in Python, or is no pattern.
    """
    written: list[str] = []
    inside = False
    place = 0
    while place < len(pattern):
        empty = next((form for form in _EMPTY_CLASSES if pattern.startswith(form, place)), None)
        if empty and not inside:
            written.append(_EMPTY_CLASSES[empty])
            place += len(empty)
            continue
        found = _TOKEN.match(pattern, place)
        if found is None:
            raise NoCounterpartError(f"not a pattern: {pattern!r}")
        written.append(_translated(found, inside=inside))
        inside = found["one"] == "[" or (inside and found["one"] != "]")
        place = found.end()
    return _compiled("".join(written), pattern)


def _translated(found: re.Match[str], *, inside: bool) -> str:
    if found["back"]:
        return f"(?P={found['back']})"
    if found["group"] and not inside:
        return f"(?P<{found['group']}>"
    if found["escaped"]:
        return _escape(found["escaped"], inside=inside)
    one = found.group()
    if inside:
        return rf"\{one}" if one in "[&~|" else one
    return _OUTSIDE.get(one, one)


def _escape(letter: str, *, inside: bool) -> str:
    if letter == "s":
        return _BLANKS if inside else f"[{_BLANKS}]"
    if letter == "S":
        if inside:
            raise NoCounterpartError(r"\S in a class of the pattern")
        return f"(?:{_NOT_BLANKS})"
    if letter in _SAME_ESCAPES:
        return rf"\{letter}"
    if letter[0].isalpha():
        raise NoCounterpartError(rf"\{letter} in the pattern")
    return re.escape(letter)


def _compiled(written: str, pattern: str) -> str:
    try:
        re.compile(written, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise NoCounterpartError(f"the pattern {pattern!r} cannot be written in Python: {error}") from None
    return written
