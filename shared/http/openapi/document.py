"""The OpenAPI 3.0.3 document of the API, made from its resources.

API Management imports all of it. So there are no security schemes: the description says how to send a token, and the
page at `/docs` adds the scheme for its *Authorize* button (decision 7).
"""

from collections.abc import Iterable

from shared.http.openapi.operations import operation_of
from shared.http.openapi.schemas import Components, Json
from shared.http.routing import Routes

DESCRIPTION = """\
Record time entries, manage what they refer to, and see who changed what.

**Authentication.** Every call except those of `docs` and `health` carries `Authorization: Bearer <JWT>` (or the same \
value in the header `token`). A bad token is 401; a missing right is 403. What belongs to another tenant or to another \
user does not exist: 404.

**Bodies** are JSON. PUT changes the fields that are given and keeps the others. Read-only and unknown fields are \
ignored. In an optional field, `""` means null. An item is always answered with all its fields.

**Dates** are answered in UTC with seven decimals, `2026-01-05T14:00:00.0000000Z`, and accepted with any offset.

**Errors** have one body, `application/problem+json`, with a stable `code`. An unknown path is 404. A method that a \
path does not have is 405, with `Allow`. HEAD is answered like GET.\
"""


def document_of(resources: Iterable[tuple[str, Routes]]) -> Json:
    """The document of these resources: for each, its path and its routes."""
    components = Components()
    paths: Json = {}
    tags: dict[str, str] = {}
    for resource, routes in resources:
        tag = routes.tag or resource
        if routes.description:
            tags[tag] = routes.description
        for route in routes.all:
            path = "/" + "/".join(filter(None, (resource, route.path)))
            paths.setdefault(path, {})[route.method.lower()] = operation_of(route, tag, components)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Time tracking", "version": "1.0.0", "description": DESCRIPTION},
        "servers": [{"url": "/api"}],
        "tags": [{"name": tag, "description": description} for tag, description in tags.items()],
        "paths": paths,
        "components": {"schemas": components.all()},
    }
