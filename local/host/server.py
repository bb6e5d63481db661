"""The host's HTTP side: a low-level aiohttp server, so that every answer, a broken request's too, is made here."""

import logging
import re
import time
from asyncio import AbstractEventLoop, Task, get_running_loop
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import StreamReader, hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from embedded_cosmos.loopback import names_loopback
from local.host.bodies import BodyRoom, TooSlowError, read_body
from local.host.configuration import DEFAULT_ORIGINS
from local.host.cors import CorsPolicy
from local.host.indexing import IndexedFunction
from local.host.invocation import FunctionTimeoutError, invoke
from local.host.messages import ResponseError, function_request, host_response
from local.host.problems import problem
from local.host.routing import Entry, RequestPath, RouteTable, Template
from local.host.triggers import HttpTrigger

# What the Functions host takes, and Kestrel's limit for one header.
BODY_LIMIT = 100 * 1024 * 1024
BODIES_LIMIT = 128 * 1024 * 1024
_HEADER_LIMIT = 32 * 1024

access_log = logging.getLogger("local.host.access")
# No id and no word of a path is so long: it is the secret of an address, which no log keeps.
_SECRET = re.compile(r"[^/]{65,}")
_log = logging.getLogger("local.host")


@dataclass(frozen=True)
class HttpOptions:
    """How the HTTP side behaves, whatever the functions are."""

    route_prefix: str = "api"
    origins: tuple[str, ...] = DEFAULT_ORIGINS
    credentials: bool = True
    body_limit: int = BODY_LIMIT
    # Of all requests together; what goes beyond it waits.
    bodies_limit: int = BODIES_LIMIT


class FunctionServer:
    """Answers requests: preflights and its own errors by itself, the rest through the functions."""

    def __init__(self, functions: Iterable[IndexedFunction], options: HttpOptions) -> None:
        self._cors = CorsPolicy.of(options.origins, credentials=options.credentials)
        self._limit = options.body_limit
        self._room = BodyRoom(max(options.bodies_limit, options.body_limit))
        self._prefix = options.route_prefix
        self._routes = RouteTable(
            Entry(function.name, Template.parse(self._prefix, trigger.route), trigger.methods, function)
            for function in functions
            if isinstance(trigger := function.trigger, HttpTrigger)
        )

    def open(self) -> web.Server:
        """Make the protocol factory that a socket is served with."""
        return _Server(
            self.answer,
            request_factory=self._make_request,
            access_log=None,
            auto_decompress=False,
            max_field_size=_HEADER_LIMIT,
        )

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        started = time.perf_counter()
        response = await self._route(request)
        self._cors.mark(request, response)
        elapsed = (time.perf_counter() - started) * 1000
        path = _SECRET.sub("***", request.rel_url.raw_path.encode("ascii", "backslashreplace").decode())
        access_log.info("%s %s %d %.0f ms", request.method, path, response.status, elapsed)
        return response

    async def _route(self, request: web.BaseRequest) -> web.StreamResponse:
        if not names_loopback(request.headers.get(hdrs.HOST)):
            return problem(403, "host_not_allowed", "This host answers to loopback names only, such as localhost")
        if self._cors.is_preflight(request):
            return self._cors.preflight(request)
        try:
            _check_readable(request)
            path = RequestPath.parse(request.rel_url.raw_path)
        except ValueError:
            return problem(400, "bad_request", "The request line or a header is not valid")
        return await self._answer_at(path, request)

    async def _answer_at(self, path: RequestPath, request: web.BaseRequest) -> web.StreamResponse:
        if self._leads_to_docs(request.method, path):
            return web.Response(status=302, headers={hdrs.LOCATION: _absolute(self._prefix, "docs")})
        found = self._routes.find(request.method, path)
        if found is None:
            return problem(404, "not_found", "There is nothing at this path for this method")
        # The real host hands a chunked body on as empty, whatever its size; the header arrives.
        length = request.content_length or 0
        if length > self._limit:
            return _empty_500_that_closes()
        async with self._room.of(length):
            return await self._invoke(request, *found, length)

    async def _invoke(
        self, request: web.BaseRequest, function: IndexedFunction, parameters: dict[str, str], length: int
    ) -> web.StreamResponse:
        try:
            body = await read_body(request) if length else b""
        except (web.RequestPayloadError, ConnectionError):
            return problem(400, "bad_request", "The request's body is broken off or not encoded as its header says")
        except TooSlowError:
            response = problem(408, "too_slow", "The request's body comes too slowly")
            response.force_close()
            return response
        return await _call(function, request, parameters, body)

    def _leads_to_docs(self, method: str, path: RequestPath) -> bool:
        """Tell whether somebody with a browser came to `/` or `/api`; the latter a function may claim, too."""
        return method in {"GET", "HEAD"} and _absolute(*path.segments).lower() in {"/", _absolute(self._prefix).lower()}

    def _make_request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: "Task[None]",
    ) -> web.BaseRequest:
        loop: AbstractEventLoop = get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=self._limit)


def _absolute(*segments: str) -> str:
    return "/" + "/".join(filter(None, segments))


def _check_readable(request: web.BaseRequest) -> None:
    """Raises ValueError unless path, query and headers are text that a function can be given."""
    str(request.url).encode()
    "".join(request.headers.values()).encode()
    "".join(request.query.values()).encode()


async def _call(
    function: IndexedFunction, request: web.BaseRequest, parameters: dict[str, str], body: bytes
) -> web.StreamResponse:
    try:
        result = await invoke(function, function_request(request, parameters, body))
        return host_response(result, request)
    except (FunctionTimeoutError, ResponseError) as error:
        _log.error("The function %s failed: %s", function.name, error)
        return web.Response(status=500)
    except Exception:  # noqa: BLE001 - whatever a function lets escape ends here
        # In Azure, too, the caller gets an empty 500 and the log everything else.
        _log.exception("The function %s failed", function.name)
        return web.Response(status=500)


def _empty_500_that_closes() -> web.Response:
    """What a body over the limit gets on the real host, which is not 413."""
    _log.error("A body is larger than the Functions host takes")
    response = web.Response(status=500)
    response.force_close()
    return response


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        return _Protocol(self, loop=self._loop, **self._kwargs)


class _Protocol(RequestHandler):
    """Answers what cannot even be parsed."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - aiohttp's signature
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if status < 500:
            response = problem(400, "bad_request", "The request is not valid HTTP, or its line or a header is too long")
        else:
            _log.error("The host failed to answer: %s", message, exc_info=exc)
            response = web.Response(status=500)
        response.force_close()
        return response
