"""`/api/docs`: Swagger UI, and `/api/openapi.json`, alias `/api/swagger.json`: the document that it shows."""

import asyncio

from functions.http_docs import files
from shared.http.routing import Reply, Request, Route


async def docs(_request: Request) -> Reply:
    content, policy = files.page()
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
    return Reply(content, headers=headers, mimetype="text/html")


async def docs_file(request: Request) -> Reply:
    file = files.asset(request.path["file"])
    headers = {"ETag": file.etag, "Cache-Control": "public, max-age=3600"}
    if file.etag in request.headers.get("if-none-match", ""):
        return Reply(None, 304, headers)
    return Reply(file.content, headers=headers, mimetype=file.media_type)


async def openapi(_request: Request) -> Reply:
    # Imported late, and made beside the event loop: it takes apispec and a fraction of a second, once.
    from functions.http_docs.document import document_json  # noqa: PLC0415

    return Reply(await asyncio.to_thread(document_json))


DOCS_ROUTES = (
    Route(
        "GET",
        "",
        docs,
        "Read this documentation",
        "get-docs",
        "Swagger UI. Needs no token; the one given to *Authorize* is sent with every call that is tried out.",
        media_types=("text/html",),
        public=True,
    ),
    Route(
        "GET",
        "{file}",
        docs_file,
        "Get a file of this documentation",
        "get-docs-file",
        "What the page loads. Needs no token.",
        media_types=tuple(files.MEDIA_TYPES.values()),
        otherwise={304: "The file is the one of `If-None-Match`."},
        refusals={404: "There is no such file."},
        public=True,
    ),
)


def document_routes(summary: str, operation_id: str) -> tuple[Route, ...]:
    """The document has two names."""
    return (
        Route(
            "GET",
            "",
            openapi,
            summary,
            operation_id,
            "Needs no token.",
            media_types=("application/json",),
            public=True,
        ),
    )


OPENAPI_ROUTES = document_routes("Get the OpenAPI document", "get-openapi-document")
SWAGGER_ROUTES = document_routes("Get the OpenAPI document by its older name", "get-swagger-document")
