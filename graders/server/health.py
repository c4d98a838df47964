"""`/healthz`: whether the server can do its work."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import text

from graders.server.answered import Health
from graders.server.answers import answer
from graders.server.description import told
from graders.store import Store

router = APIRouter()


@router.get("/healthz", **told(Health))
def healthz(request: Request) -> Response:
    """Say that the server answers and its store can be read."""
    store: Store = request.app.state.store
    with store.database.reading() as connection:
        connection.execute(text("SELECT 1"))
    return answer({"status": "ok"})
