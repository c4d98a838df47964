"""Rows and a grader whose every field holds text that would run, fetch, break out or mislead."""

from collections.abc import Mapping
from typing import Any

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


def attack(url: str) -> str:
    """Make a text that attacks in every way at once; what it fetches comes from `url`."""
    return (
        f'<script>hacked = 1; fetch("{url}script")</script>'
        f'"><img src="{url}img" onerror="hacked = 1">'
        f"'><svg onload='hacked = 1'><image href='{url}svg'/></svg>"
        f"</style><style>@import '{url}css'; * {{ background: url({url}background) }}</style>"
        f"</title></textarea></details></template><iframe src='{url}frame'></iframe>"
        f'<a href="javascript:hacked = 1">x</a><link rel=stylesheet href={url}link>'
        f"<base href={url}><meta http-equiv=refresh content='0;url={url}refresh'><form action={url}>"
        "javascript:hacked=1 {{ 7 * 7 }}{% raw %}{# #} <!-- --> ]]> &lt;script&gt; ` | \\| ``` \\"
        "\u202e\u2066\u200f\x00\x1b[31m\x7f\r\u2028\U000e0041\ud800\n\n# x\n\n<details>"
    )


def lines(url: str) -> list[dict[str, Any]]:
    """Make rows of it."""
    text = attack(url)
    error = {"code": text, "reason": text, "detail": text, "grader": text}
    step = {"description": text, "conclusion": text}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, text: 1}
    trace = {"grader": text, "model": text, "steps": [step], "result": text, "usage": usage, "raw": text}
    item = {
        text: text,
        "answer": text,
        "nested": {text: [text, {text: text}]},
        "group": text,
        "script": "javascript:hacked=1",
        "vector": "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImhhY2tlZD0xIi8+",
        "page": "data:text/html,<script>hacked=1</script>",
        "remote": f"{url}remote.png",
        "relative": "//127.0.0.1/x.png",
        "hidden": "https://example.org/\u202egnp.exe",
        "quoted": 'https://example.org/"onmouseover="hacked=1',
        "address": "https://example.org/paper?x=1&y=2#z",
        "picture": PIXEL,
    }
    common = {"id": text, "sub_rewards": {text: 0.25, "b": 0.5}, "item": item, "traces": [trace]}
    rows = [
        {**common, "reward": 0.2, "passed": False, "errors": [], "sample": text},
        {**common, "reward": 0.9, "passed": True, "errors": [], "sample": {"output_text": text, text: text}},
        {**common, "reward": None, "passed": None, "errors": [error], "sample": f"{text} {text}"},
        {**common, "reward": None, "passed": None, "errors": [error], "sample": None, "item": None},
    ]
    return [{"row": number, **row} for number, row in enumerate(rows)]


def labelled(url: str) -> list[dict[str, Any]]:
    """Make rows of two groups, joined by values and held against labels, whose every name attacks."""
    text, lines = attack(url), []
    for group in ("a", "b"):
        for q in range(6):
            item = {"group": group + text, "q": f"{q}{text}", "label": "right" if q < 3 else f"wrong {text}"}
            reward = float((q < 3) != (q == 5 or (group == "b" and q == 1)))
            lines.append({
                "row": len(lines), "id": f"{len(lines)}{text}", "reward": reward, "passed": reward == 1.0,
                "sub_rewards": {text: reward}, "errors": [], "item": item, "sample": text,
            })  # fmt: skip
    return lines


def about(known: Mapping[str, Any], url: str) -> dict[str, Any]:
    """Put it into all that `run.json` says."""
    text = attack(url)
    compared = {"input": "{{sample.output_text}}", "reference": "{{item.answer}} x"}
    part = {"type": "string_check", "name": text, "operation": "eq", **compared, text: text}
    document = {"type": "multi", "name": text, "graders": {text: part}, "calculate_output": text}
    return {
        **known,
        "grader": {"name": text, "type": text, "sha256": text, "document": document, text: text},
        "options": {**known["options"], "group_by": ["item.group"], text: text},
        "metrics": {text: text},
        "judge": {"identity": text, text: {text: text}},
        "embedder": text,
        "sandbox": {text: [text]},
        "prices": {text: {"prompt": 1.0, "completion": 2.0}},
        "data": {"path": text, "sha256": text},
        "cautions": {text: 3},
        "status": text,
        "started": text,
        "version": text,
        "seconds": text,
        "asked": {text: text},
    }
