"""`/fine_tuning/jobs`: nothing is trained here, and nothing pretends to be."""

from fastapi import APIRouter, Response

from graders.server.failures import ApiError

router = APIRouter(prefix="/v1/fine_tuning/jobs")


@router.api_route("", methods=["GET", "POST"])
@router.api_route("/{path:path}", methods=["GET", "POST"])
def jobs() -> Response:
    """Say that there are no jobs."""
    message = "This server trains nothing; `graders dry-run` checks a job before it is submitted elsewhere."
    raise ApiError(400, message, code="unsupported_endpoint")
