"""What was graded with what, as names and values in words."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from graders.report.text import plain

_LONGEST, _MOST = 300, 200

_GROUPS = (
    ("Grader", "grader"),
    ("Metrics", "metrics"),
    ("Data", "data"),
    ("Rows", "row_mapping"),
    ("Options", "options"),
    ("Judge", "judge"),
    ("Asked of the judge", "asked"),
    ("Embedder", "embedder"),
    ("Sandbox", "sandbox"),
    ("Prices in US dollars for a million tokens", "prices"),
)

Facts = list[tuple[str, str]]


def provenance(about: Mapping[str, Any], path: str) -> list[tuple[str, Facts]]:
    """Give what `run.json` says, in groups; what it leaves open is left out."""
    run = {
        **({"id": about["id"]} if "id" in about else {"directory": path}),
        "status": about.get("status"),
        "started": when(about),
        "seconds": about.get("seconds"),
        "version of graders": about.get("version"),
    }
    grader = {key: value for key, value in about["grader"].items() if key != "document"}
    known = {**about, "grader": grader}
    groups = [(title, _facts(known.get(key))) for title, key in _GROUPS]
    return [(title, facts) for title, facts in [("Run", _facts(run)), *groups] if facts]


def in_brief(about: Mapping[str, Any], path: str) -> dict[str, str]:
    """Give what tells one run from another, each on one line."""
    grader, data = about["grader"], about.get("data") or {}
    metrics = (about.get("metrics") or {}).values()
    return {
        "run": plain(path, 120),
        "grader": plain(f"{grader['name']} ({grader['type']})", 120),
        "sha256": plain(str(grader.get("sha256", ""))[:12]),
        "metrics": plain(", ".join(map(str, metrics))),
        "data": plain(str(data.get("path") or ""), 120),
        "started": when(about) or "",
        "status": plain(str(about.get("status")), 60),
    }


def when(about: Mapping[str, Any]) -> str | None:
    """Say when a run began, to the second."""
    try:
        return f"{datetime.fromisoformat(about['started']):%Y-%m-%d %H:%M:%S %Z}".strip()
    except (KeyError, TypeError, ValueError):
        return None


def document_text(about: Mapping[str, Any]) -> str:
    """Write the grader document over several lines."""
    return json.dumps(about["grader"]["document"], indent=2, ensure_ascii=False)


def _facts(value: object) -> Facts:
    if not isinstance(value, Mapping):
        return [] if value is None else [("", _words(value))]
    return [(plain(name, 100), words) for name, words in _flat("", value)][:_MOST]


def _flat(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else key, each)
    elif value not in (None, []):
        yield prefix, _words(value)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, list):
        return ", ".join(map(_words, value[:_MOST]))
    return plain(f"{value:,}" if isinstance(value, int) else str(value), _LONGEST)
