"""Forms that a browser sends: read within limits, and only where they say that they are forms."""

from urllib.parse import parse_qsl

from fastapi import Request

from graders.server.bodies import chunks
from graders.server.failures import ApiError
from graders.server.settings import Limits

_FIELDS = 50
_KIND = "application/x-www-form-urlencoded"


async def form_of(request: Request, most: int) -> dict[str, str]:
    """Read a form of at most `most` bytes; of a field that is there twice, the last counts.

    Raises:
        ApiError: it is none, too large, or its sender was silent for too long.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise ApiError(415, f"Expected a form of the content type '{_KIND}'.")
    limits: Limits = request.app.state.settings.limits
    body = b"".join([piece async for piece in chunks(request, most, limits.read_seconds)])
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise ApiError(400, "The form cannot be read.") from None
    # browsers end the lines of a text with two characters, whatever was typed
    return {name: value.replace("\r\n", "\n") for name, value in pairs}
