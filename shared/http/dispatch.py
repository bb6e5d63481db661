"""From an HTTP request to its operation and back. The resource's routes drive all of it.

A function calls `respond` with its request and the resource's routes. `respond` finds the route, makes the Caller from
the token, loads query and body through the route's schemas, and calls the operation. Its Reply, or an ApiError, becomes
the answer.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol, TypedDict

from marshmallow import Schema, ValidationError

from shared import instants
from shared.auth.caller import NOBODY, caller_of
from shared.cosmos import transactions
from shared.errors import ApiError, unavailable
from shared.http.etags import UNCONDITIONAL, Precondition
from shared.http.fields import ABSENT, Separator, given_parts
from shared.http.json_body import compressed, dumps, json_body
from shared.http.routing import IF_MATCH, NO_FILE, FileBody, Reply, Request, Route, Routes, UploadedFile
from shared.ids import uuid_in
from shared.logs import begin_request, correlation_id, log_what_waits, logger

MEBIBYTE = 1024 * 1024
MAX_BODY_BYTES = MEBIBYTE
# A client mends the first few, and a longer list would be as much work as a large request.
MOST_COMPLAINTS = 20
# A caller has an answer within 10 seconds, whatever happens.
DEADLINE_SECONDS = 9

log = logger(__name__)


class HttpRequest(Protocol):
    """What is used of a trigger's request. Header names are in lower case. Repeated parameters are joined by commas."""

    @property
    def method(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def params(self) -> Mapping[str, str]: ...
    @property
    def route_params(self) -> Mapping[str, str]: ...
    def get_body(self) -> bytes: ...


class HttpAnswer(TypedDict):
    """What a trigger's response is made of."""

    status_code: int
    headers: dict[str, str]
    body: bytes | None
    mimetype: str


async def respond(routes: Routes, request: HttpRequest) -> HttpAnswer:
    """Answer a request to the resource of these routes. Never raises: an unexpected error is a 500 without details."""
    begin_request(request.headers)
    transactions.writes_of_request.set(transactions.Writes())
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            answer = await _answer(request, *await _reply(routes, request))
    except ApiError as error:
        doubtful = transactions.may_have_written() and transactions.says_try_again(error)
        return _error(transactions.outcome_unknown() if doubtful else error)
    except ValidationError as error:
        return _error(_invalid(error))
    except TimeoutError:
        log.warning("no answer within %s s", DEADLINE_SECONDS)
        if transactions.may_have_written():
            return _error(transactions.outcome_unknown())
        return _error(unavailable("timeout", "The request took too long; try again"))
    except Exception:
        log.exception("unexpected error")
        return _error(ApiError(500, "internal_error", "Something went wrong on our side"))
    finally:
        log_what_waits()
    return answer


async def _reply(routes: Routes, request: HttpRequest) -> tuple[Reply, int]:
    """What the operation answers, and the status to answer it with."""
    asked = request.route_params.get("path", "").removesuffix("/")
    here = _at(routes.all, asked)
    if request.method == "OPTIONS":
        return Reply(None, headers={"Allow": _allow(here)}), 204
    caller = NOBODY if here and here[0].public else await caller_of(request.headers)
    route, path = _match(here, request.method, asked)
    if route.admin_only:
        caller.require_admin()
    if routes.ready:
        routes.ready()
    _require_length(request)
    reply = await route.operation(
        Request(
            caller=caller,
            now=instants.now(),
            precondition=Precondition.of(request.headers) if IF_MATCH in route.headers else UNCONDITIONAL,
            path=path,
            query=_load(route.query, _query(request.params, route.query)) if route.query else {},
            body=_load(route.body, _json_body(request), partial=route.partial) if route.body else {},
            headers=request.headers,
            file=_file(request, route.file) if route.file else NO_FILE,
            id=path.get("id", ""),
        )
    )
    return reply, reply.status or route.status


def _at(routes: Sequence[Route], path: str) -> list[Route]:
    """The routes of a path. A route with the path's own words goes before one with a parameter in their place."""
    words = path.lower()
    segments = words.split("/")

    def fits(route: Route) -> bool:
        template = route.path.lower().split("/")
        return len(template) == len(segments) and all(
            part == segment or part.startswith("{") for part, segment in zip(template, segments, strict=True)
        )

    return [r for r in routes if r.path.lower() == words] or [r for r in routes if path and fits(r)]


def _allow(routes: list[Route]) -> str:
    methods = {route.method for route in routes} | {"OPTIONS"}
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))


def _match(here: list[Route], method: str, asked: str) -> tuple[Route, dict[str, str]]:
    if not here:
        raise ApiError(404, "not_found", "There is nothing at this path")
    wanted = "GET" if method == "HEAD" else method
    route = next((route for route in here if route.method == wanted), None)
    if route is None:
        raise ApiError(405, "method_not_allowed", f"{method} is not allowed here", headers={"Allow": _allow(here)})
    named = zip(route.path.split("/"), asked.split("/"), strict=True)
    path = {part[1:-1]: value for part, value in named if part.startswith("{")}
    if "id" in path:
        uuid = uuid_in(path["id"])
        if uuid is None:
            raise ApiError(422, "id_invalid", "The id in the path is not a UUID", errors={"id": ["Not a UUID."]})
        path["id"] = uuid
    return route, path


def _query(params: Mapping[str, str], schema: Schema) -> dict[str, str]:
    """The query without what counts as absent: the host joins repeated parameters to a comma list."""

    def is_given(name: str, value: str) -> bool:
        # A comma is an empty list elsewhere.
        return value not in ABSENT if isinstance(schema.fields.get(name), Separator) else bool(given_parts(value))

    return {name: value for name, value in params.items() if is_given(name, value)}


def _require_length(request: HttpRequest) -> None:
    """Refuse a chunked request, whatever the operation does with a body.

    The Functions host hands the body of such a request on as empty. Without this check a PUT would be answered 200 and
    change nothing, and nobody could tell it from a request that was sent without a body.
    """
    if "transfer-encoding" in request.headers and not request.get_body():
        raise ApiError(411, "length_required", "Send the request with Content-Length, not chunked")


def _json_body(request: HttpRequest) -> dict[str, Any]:
    body = _plain_body(request, MAX_BODY_BYTES)
    if not body:
        return {}
    media_type = _media_type(request)
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise ApiError(415, "not_json", "The body must be application/json")
    try:
        document = JSON.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "json_malformed", "The body is not well-formed JSON in UTF-8") from error
    if not isinstance(document, dict):
        raise ApiError(400, "json_not_an_object", "The body must be a JSON object")
    return document


def _file(request: HttpRequest, wanted: FileBody) -> UploadedFile:
    body, media_type = _plain_body(request, wanted.most_bytes), _media_type(request)
    if not body:
        raise ApiError(400, "file_missing", "The body must be the file")
    if media_type not in wanted.media_types:
        raise ApiError(415, "not_a_known_file", f"The body must be {' or '.join(wanted.media_types)}")
    return UploadedFile(media_type, body)


def _plain_body(request: HttpRequest, most_bytes: int) -> bytes:
    """The body, bounded and not encoded."""
    body = request.get_body()
    if len(body) > most_bytes:
        raise ApiError(413, "body_too_large", f"The body is larger than {most_bytes // MEBIBYTE} MiB")
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if body and coding not in {"", "identity"}:
        message = "The body must not be encoded; send it without Content-Encoding"
        raise ApiError(415, "body_encoded", message, headers={"Accept-Encoding": "identity"})
    return body


def _media_type(request: HttpRequest) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _refuse_constant(name: str) -> None:
    """JSON has no NaN and no Infinity, though Python reads them."""
    raise ValueError(name)


# Made once: `json.loads` with options makes a decoder for each call.
JSON = json.JSONDecoder(parse_constant=_refuse_constant)


def _load(schema: Schema, data: dict[str, Any], *, partial: bool = False) -> dict[str, Any]:
    loaded: dict[str, Any] = schema.load(data, partial=partial)
    return loaded


def _invalid(error: ValidationError) -> ApiError:
    messages = error.normalized_messages()  # type: ignore[no-untyped-call]
    complaints = ((str(name), sentence) for name, complaint in messages.items() for sentence in _sentences(complaint))
    errors: dict[str, list[str]] = {}
    for name, sentence in islice(complaints, MOST_COMPLAINTS):
        errors.setdefault(name, []).append(sentence)
    name, (first, *_) = next(iter(errors.items()))
    return ApiError(400, "validation_failed", f"{name}: {first}", errors=errors)


def _sentences(complaint: Any) -> Iterator[str]:
    """What is wrong with one field. In a list, that is said for each item."""
    if isinstance(complaint, str):
        yield complaint
    else:
        for part in complaint.values() if isinstance(complaint, dict) else complaint:
            yield from _sentences(part)


async def _answer(request: HttpRequest, reply: Reply, status: int) -> HttpAnswer:
    made = reply.body if reply.body is None or isinstance(reply.body, bytes) else await json_body(reply.body)
    body, coding = await compressed(made, reply.mimetype, request.headers)
    return {
        "status_code": status,
        "headers": {"Cache-Control": "no-store", **reply.headers, **coding},
        # HEAD is answered like GET, whose headers depend on the body, which may also be impossible to make.
        "body": None if request.method == "HEAD" else body,
        "mimetype": reply.mimetype,
    }


def _error(error: ApiError) -> HttpAnswer:
    return {
        "status_code": int(error.status),
        "headers": {"Cache-Control": "no-store", **error.headers},
        "body": dumps(error.body(correlation_id.get())),
        "mimetype": "application/problem+json",
    }
