"""The routes of all pages. They stand in no OpenAPI document: pages are for people."""

from fastapi import APIRouter

from graders.server.pages import comparing, evaluations, items, layout, login, playground

router = APIRouter(include_in_schema=False)
for _room in (layout, login, evaluations, items, comparing, playground):
    router.include_router(_room.router)
