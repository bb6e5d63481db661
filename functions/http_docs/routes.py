"""`/api/docs`: Swagger UI, which shows the OpenAPI document."""

from functions.http_docs import files
from shared.http.etags import names
from shared.http.routing import Reply, Request, Route, Routes

ROUTES = Routes("This documentation.", tag="docs")


@Route(ROUTES, "GET", "", operation_id="get-docs", media_types=("text/html",), public=True)
async def docs(_request: Request) -> Reply:
    """Read this documentation.

    Swagger UI. Needs no token. The token given to *Authorize* is sent with every call that is tried out.
    """
    content, policy = files.page()
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
    return Reply(content, headers=headers, mimetype="text/html")


@Route(
    ROUTES,
    "GET",
    "{file}",
    operation_id="get-docs-file",
    media_types=tuple(files.MEDIA_TYPES.values()),
    otherwise={304: "The file still has the `ETag` of `If-None-Match`."},
    refusals={404: "There is no such file."},
    public=True,
)
async def docs_file(request: Request) -> Reply:
    """Get a file of this documentation.

    A file that the page loads. Needs no token.
    """
    file = files.asset(request.path["file"])
    headers = {"ETag": file.etag, "Cache-Control": "public, max-age=3600", "Vary": "Accept-Encoding"}
    if names(request.headers.get("if-none-match", ""), file.etag):
        # Who keeps the file takes over the headers of this answer, its type as well (RFC 9111, 3.2).
        return Reply(None, 304, headers, file.media_type)
    return Reply(file.content, headers=headers, mimetype=file.media_type)
