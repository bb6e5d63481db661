"""The OpenAPI document of this app: every resource that has a function."""

import json
from functools import cache
from typing import Any

from functions.http_trigger import HTTP_FUNCTIONS
from shared.http.openapi.document import document_of


def document() -> dict[str, Any]:
    """The document."""
    return document_of((function.path, function.routes) for function in HTTP_FUNCTIONS)


@cache
def document_json(address: str | None = None) -> bytes:
    """The document as it is served, made once in a process.

    `servers` is `address` where a deployment knows it: some generators of clients refuse the relative `/api`.
    """
    servers = {} if address is None else {"servers": [{"url": address}]}
    return json.dumps(document() | servers, ensure_ascii=False, separators=(",", ":")).encode()
