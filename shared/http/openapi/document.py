"""The OpenAPI 3.0.3 document of the API, made from its resources.

It holds nothing that API Management does not import. So it has no security schemes either: its description says how to
send a token, and the page at `/docs` adds the scheme for its *Authorize* button (see docs/decisions).
"""

from collections.abc import Iterable

from shared.http.openapi.operations import operation_of
from shared.http.openapi.resources import Resource
from shared.http.openapi.schemas import Components, Json

DESCRIPTION = """\
Time entries, what they refer to, and who did what.

**Who calls.** Every call but those of `docs` and `health` carries `Authorization: Bearer <JWT>` (or the same in \
the header `token`). 401 means that the token is no good; who lacks a right gets 403. What belongs to another tenant, \
or to another user, does not exist: 404.

**Bodies** are JSON. PUT changes what is given and leaves the rest. Fields that are read-only or unknown are ignored, \
and in an optional field `""` means null. Every answer with an item holds all its fields.

**Dates** are answered in UTC with seven decimals, `2026-01-05T14:00:00.0000000Z`, and taken with any offset.

**Errors** have one body, `application/problem+json`, whose `code` is stable. A path that is not here is 404, a method \
that a path does not have 405 with `Allow`; HEAD is answered as GET.\
"""


def document_of(resources: Iterable[Resource]) -> Json:
    """The document, with every route of these resources."""
    components = Components()
    paths: Json = {}
    tags: dict[str, str] = {}
    for resource in resources:
        tag = resource.tag or resource.path
        tags.setdefault(tag, resource.description)
        for route in resource.routes:
            path = "/" + "/".join(filter(None, (resource.path, route.path)))
            paths.setdefault(path, {})[route.method.lower()] = operation_of(route, tag, components)
    return {
        "openapi": "3.0.3",
        "info": {"title": "Time tracking", "version": "1.0.0", "description": DESCRIPTION},
        "servers": [{"url": "/api"}],
        "tags": [{"name": tag, "description": description} for tag, description in tags.items()],
        "paths": paths,
        "components": {"schemas": components.all()},
    }
