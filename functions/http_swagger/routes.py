"""`/api/swagger.json`: the OpenAPI document by its older name."""

from functions.http_openapi.routes import openapi
from shared.http.routing import Reply, Request, Route, Routes

ROUTES = Routes("", tag="docs")


@Route(ROUTES, "GET", "", operation_id="get-swagger-document", media_types=("application/json",), public=True)
async def swagger(request: Request) -> Reply:
    """Get the OpenAPI document by its older name.

    Needs no token.
    """
    return await openapi(request)
