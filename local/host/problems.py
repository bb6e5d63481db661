"""The answers that the host makes by itself, in the one error body of the API.

In Azure the platform answers these in its own words; here a frontend sees one shape everywhere.
"""

import json
from uuid import uuid4

from aiohttp import web

_TITLES = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    500: "Internal Server Error",
}


def problem(status: int, code: str, message: str) -> web.Response:
    body = {
        "type": "about:blank",
        "title": _TITLES[status],
        "status": status,
        "code": code,
        "message": message,
        "correlation_id": str(uuid4()),
    }
    return web.Response(
        status=status,
        body=json.dumps(body).encode(),
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store"},
    )
