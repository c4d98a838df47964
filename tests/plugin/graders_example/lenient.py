"""A judge: gives everything the same score."""

from graders.judges import JudgeReply, JudgeRequest


class Lenient:
    """Answers 1, or the number that `lenient:NUMBER` names."""

    def __init__(self, model: str | None, base_url: str | None) -> None:
        self.result = float(model or 1)
        self.identity = f"lenient {self.result}"

    def ask(self, request: JudgeRequest) -> JudgeReply:
        """Answer a request."""
        return JudgeReply(f'{{"steps": [], "result": {self.result}}}', finish_reason="stop", model="lenient")
