"""One route as an operation of the document: its parameters, its body, and every status that it can answer with."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from shared.http.fields import Item
from shared.http.openapi.examples import example_of
from shared.http.openapi.refusals import REFUSALS, RETRY_AFTER, Problem, refusals_of
from shared.http.openapi.schemas import Components, Json
from shared.http.routing import Route

# What may stand in a path.
PATH_PARAMETERS: Mapping[str, Json] = {
    "id": {
        "description": "The id of the item.",
        "schema": {"type": "string", "format": "uuid"},
        "example": "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03",
    },
    "role": {"description": "The role.", "schema": {"type": "string", "enum": ["admin", "test"]}, "example": "test"},
    "file": {"description": "The name of the file.", "schema": {"type": "string"}, "example": "swagger-ui.css"},
}
NO_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


def operation_of(route: Route, tag: str, components: Components) -> Json:
    """The operation; its schemas are added to the components."""
    operation: Json = {"operationId": route.operation_id, "summary": route.summary, "tags": [tag]}
    if route.description:
        operation["description"] = route.description
    operation["parameters"] = _parameters(route, components)
    if route.body:
        body = type(route.body)(partial=route.partial)
        # Of a body in which nothing is required, nothing may be sent; a change of nothing is no call to make.
        needed = route.partial or any(field.required for field in body.fields.values())
        operation["requestBody"] = {"required": needed, "content": _json(components.reference(body), example_of(body))}
    if route.file:
        content = {media_type: {"schema": components.media(media_type)} for media_type in route.file.media_types}
        operation["requestBody"] = {"required": True, "content": content}
    operation["responses"] = dict(sorted(_responses(route, components).items()))
    return operation


def _parameters(route: Route, components: Components) -> list[Json]:
    in_path = [
        {"name": part[1:-1], "in": "path", "required": True, **PATH_PARAMETERS[part[1:-1]]}
        for part in route.path.split("/")
        if part.startswith("{")
    ]
    in_query = components.parameters(route.query) if route.query else []
    in_headers = [
        {
            "name": one.name,
            "in": "header",
            "description": one.description,
            "schema": {"type": "string"},
            "example": one.example,
        }
        for one in route.headers
    ]
    return [*in_path, *in_query, *in_headers]


def _responses(route: Route, components: Components) -> Json:
    answers = {route.status: _phrase(route.status), **route.otherwise}
    responses = {
        str(status): _response(description, _headers(route, status), _content(route, status, components))
        for status, description in answers.items()
    }
    error = components.reference(Problem())
    for status, description in refusals_of(route).items():
        content = _json(error, REFUSALS[status].example(status), "application/problem+json")
        known = responses.get(str(status), {"description": description})
        headers = (
            {"Retry-After": _header("Seconds to wait before trying again.", "integer")} if status in RETRY_AFTER else {}
        )
        responses[str(status)] = _response(known["description"], headers, {**known.get("content", {}), **content})
    return responses


def _content(route: Route, status: int, components: Components) -> Json:
    if status in NO_BODY:
        return {}
    if route.answer:
        shown = _json(components.reference(route.answer), route.examples.get(status) or example_of(route.answer))
        return shown | _media(route, components)
    return _media(route, components)


def _media(route: Route, components: Components) -> Json:
    """What it answers beside JSON, or instead of it."""
    return {media_type: {"schema": components.media(media_type)} for media_type in route.media_types}


def _headers(route: Route, status: int) -> Json:
    headers = {}
    if isinstance(route.answer, Item) and not route.answer.many and status not in NO_BODY:
        headers["ETag"] = _header("The version of the item, for `If-Match`.")
    if status == HTTPStatus.CREATED:
        headers["Location"] = _header("The path of the new item.")
    if _has_more_pages(route) and status not in NO_BODY:
        headers["Link"] = _header('`<…>; rel="next"` where there is more: a relative reference to the next page.')
    if "text/csv" in route.media_types:
        headers["Content-Disposition"] = _header("For a file: its name.")
    return headers


def _has_more_pages(route: Route) -> bool:
    """Whether the answer has a `Link` to what follows. Where the body holds the cursor, it has none."""
    return bool(
        route.query and "cursor" in route.query.fields and not (route.answer and "cursor" in route.answer.fields)
    )


def _response(description: str, headers: Json, content: Json) -> Json:
    parts = {"headers": headers, "content": content}
    return {"description": description, **{name: part for name, part in parts.items() if part}}


def _header(description: str, kind: str = "string") -> Json:
    return {"description": description, "schema": {"type": kind}}


def _json(reference: Json, example: Any, media_type: str = "application/json") -> Json:
    return {media_type: {"schema": reference, "example": example}}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase
