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
def document_json() -> bytes:
    """The document as it is served, made once in a process."""
    return json.dumps(document(), ensure_ascii=False, separators=(",", ":")).encode()
