"""`python tools/key_replies.py NAME...`: key the scripted replies of ready-made graders anew.

`replies.jsonl` holds a line for each request, in the order of the rows, and the key of a line is the whole
request: so a change of a prompt, of a row or of what a request is made of changes the keys, and this puts
the new ones in. A line without a key, the mere reply, gets one. Without a name, all that have replies.
"""

import json
import sys
from pathlib import Path
from typing import Any

from graders import load_grader
from graders.catalog import find, ready_made
from graders.judges import JudgeReply, JudgeRequest

FILE = "replies.jsonl"


class Noting:
    """A judge that notes what it is asked, each request once, and gives no verdict."""

    identity = "noting"

    def __init__(self) -> None:
        self.keys: dict[str, None] = {}

    def ask(self, request: JudgeRequest) -> JudgeReply:
        """Note the request."""
        self.keys[request.fingerprint()] = None
        return JudgeReply("")


def main(names: list[str]) -> None:
    """Key the replies of these graders, or of all."""
    for name in names or [each.name for each in ready_made() if each.folder.joinpath(FILE).is_file()]:
        print(f"{name}: {key_replies(name)} replies")


def key_replies(name: str) -> int:
    """Key the replies of one grader and count them.

    Raises:
        SystemExit: there are more replies than requests, or fewer.
    """
    template = find(name)
    keys = asked_of(name, [json.loads(line) for line in template.text("items.jsonl").splitlines()])
    replies = [_reply(json.loads(line)) for line in template.text(FILE).splitlines()]
    if len(keys) != len(replies):
        raise SystemExit(
            f"{name}: {len(keys)} requests and {len(replies)} replies; there must be one for each"
        )
    lines = [
        json.dumps({"key": key, "reply": reply}, ensure_ascii=False)
        for key, reply in zip(keys, replies, strict=True)
    ]
    Path(str(template.folder.joinpath(FILE))).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


def asked_of(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """Give the keys of the requests of these rows, in their order."""
    judge = Noting()
    grader = load_grader(f"template:{name}", judge=judge)
    for row in rows:  # one at a time: a batch may be asked about in any order
        grader.grade(row["item"], row.get("sample"))
    return list(judge.keys)


def _reply(line: Any) -> Any:
    return line["reply"] if isinstance(line, dict) and line.keys() == {"key", "reply"} else line


if __name__ == "__main__":
    main(sys.argv[1:])
