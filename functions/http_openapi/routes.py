"""`/api/openapi.json`: the OpenAPI document."""

import asyncio

from shared.config import settings
from shared.http.routing import Reply, Request, Route, Routes

ROUTES = Routes("", tag="docs")


@Route(ROUTES, "GET", "", operation_id="get-openapi-document", media_types=("application/json",), public=True)
async def openapi(_request: Request) -> Reply:
    """Get the OpenAPI document.

    Needs no token.
    """
    # Imported late, and made outside the event loop: it takes apispec and a fraction of a second, once.
    from functions.http_openapi.document import document_json  # noqa: PLC0415

    return Reply(await asyncio.to_thread(document_json, settings().api_url))
