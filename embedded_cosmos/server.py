"""The HTTP server: takes requests in, checks their signature, and keeps every answer within the protocol."""

import asyncio
import contextlib
import logging
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from embedded_cosmos.auth import EMULATOR_KEY, SignatureCheck
from embedded_cosmos.catalog import Catalog
from embedded_cosmos.documents import MAX_DOCUMENT_BYTES
from embedded_cosmos.errors import CosmosError
from embedded_cosmos.expiry import SWEEP_SECONDS, Sweeper
from embedded_cosmos.faults import CONTROL_PATH, Fault, Faults, Kind, refusal, refuse_web_page
from embedded_cosmos.loopback import names_loopback
from embedded_cosmos.permissions import ResourceTokens
from embedded_cosmos.routes import Routes, refuse_direct_mode
from embedded_cosmos.store import IN_MEMORY, Store
from embedded_cosmos.wire import CONSISTENCY_LEVELS, Call, Reply, error_reply, path_segments

HOST = "127.0.0.1"
STRONG = CONSISTENCY_LEVELS[0]
_MAX_BODY_BYTES = 4 * MAX_DOCUMENT_BYTES
# Continuation tokens and session tokens travel in headers.
_MAX_HEADER_BYTES = 128 * 1024
_LOGGER = logging.getLogger("embedded_cosmos")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: where it listens, and the key that signs requests."""

    url: str
    key: str
    faults: Faults


class _Service:
    def __init__(
        self, routes: Routes, check: SignatureCheck, faults: Faults, *, fault_control: bool, key_is_public: bool
    ) -> None:
        self._check = check
        self._key_is_public = key_is_public
        self._routes = routes
        self._faults = faults
        self._fault_control = fault_control

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        reply = await self._reply(request)
        headers = reply.headers
        headers.setdefault("x-ms-activity-id", request.headers.get("x-ms-activity-id") or str(uuid.uuid4()))
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        if body is not None:
            headers["Content-Type"] = "application/json" if isinstance(reply.body, str) else "application/octet-stream"
        return web.Response(status=reply.status, body=body, headers=headers)

    async def _reply(self, request: web.BaseRequest) -> Reply:
        try:
            return await self._answered(request)
        except CosmosError as error:
            return error_reply(error)
        except ConnectionResetError:
            # The client went away while it sent its request: nobody waits for an answer, and nothing is wrong here.
            raise
        except Exception:
            _LOGGER.exception("%s %s failed", request.method, request.raw_path)
            return error_reply(CosmosError(500, "The embedded Cosmos DB failed; its log says how."))

    async def _answered(self, request: web.BaseRequest) -> Reply:
        if not names_loopback(request.headers.get("Host")):
            raise CosmosError(403, "The embedded Cosmos DB serves loopback names only, such as localhost.")
        origin = f"http://{request.host}"
        call = Call(request.method, path_segments(request.raw_path), request.headers, b"", origin)
        refuse_direct_mode(call)
        controls_faults = self._fault_control and call.path == (CONTROL_PATH,)
        if controls_faults:
            refuse_web_page(call)
        if not (controls_faults and self._key_is_public):
            # Nobody without the key makes the server hold a body.
            self._check(call)
        try:
            call.body = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise CosmosError(413, "Request size is too large: at most 2 MB.") from error
        if controls_faults:
            return self._faults.control(call)
        fault = self._faults.take(call)
        if fault is None:
            reply = await self._routes.answer(call)
            self._faults.charge(float(reply.headers.get("x-ms-request-charge", 0)))
            return reply
        return await self._troubled(call, fault, request.transport)

    async def _troubled(self, call: Call, fault: Fault, transport: asyncio.Transport | None) -> Reply:
        if error := refusal(fault):
            raise error
        if fault.kind is Kind.DELAY:
            await asyncio.sleep(fault.seconds)
        try:
            return Reply(503) if fault.kind is Kind.DROP_BEFORE else await self._routes.answer(call)
        finally:
            # Also where the operation is refused: no answer reaches the client in either case.
            if fault.kind in (Kind.DROP_BEFORE, Kind.DROP_AFTER) and transport is not None:
                transport.abort()


def _request(*parts: Any) -> web.BaseRequest:
    """Like the default, except for the size of a body: a batch near its limit has to be read before it is refused."""
    message, payload, protocol, writer, task = parts
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_MAX_BODY_BYTES)


@asynccontextmanager
async def serve(  # noqa: PLR0913 - the options of the command line
    data: str = IN_MEMORY,
    port: int = 0,
    key: str = EMULATOR_KEY,
    *,
    consistency: str = STRONG,
    fault_control: bool = False,
    sweep_seconds: float = SWEEP_SECONDS,
) -> AsyncIterator[Server]:
    """Runs a server on this event loop; port 0 takes a free one."""
    store, faults = Store(data), Faults()
    try:
        catalog = Catalog(store)
        tokens = ResourceTokens(key, catalog)
        routes = Routes(store, catalog, tokens, consistency)
        # Everybody knows the emulator's key, so it protects nothing. Tests need not sign what injects their faults.
        key_is_public = key == EMULATOR_KEY
        check = SignatureCheck(key, tokens)
        service = _Service(routes, check, faults, fault_control=fault_control, key_is_public=key_is_public)
        sweeping = asyncio.create_task(Sweeper(store, catalog.containers, sweep_seconds).run())
        try:
            async with _listening(service, port) as url:
                yield Server(url, key, faults)
        finally:
            sweeping.cancel()
            await asyncio.wait([sweeping])
    finally:
        store.close()


@asynccontextmanager
async def _listening(service: _Service, port: int) -> AsyncIterator[str]:
    limits: dict[str, Any] = {"max_line_size": _MAX_HEADER_BYTES, "max_field_size": _MAX_HEADER_BYTES}
    http = web.Server(service.handle, request_factory=_request, access_log=None, **limits)
    runner = web.ServerRunner(http, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, port).start()
        yield f"http://{HOST}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextmanager
def serve_in_thread(data: str = IN_MEMORY, port: int = 0, key: str = EMULATOR_KEY) -> Iterator[Server]:
    """Runs a server on an event loop and a thread of its own: for tests, and for programs that are not async."""
    started: list[Server | BaseException] = []
    ready, stop, loops = threading.Event(), asyncio.Event(), []

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        async with serve(data, port, key) as server:
            started.append(server)
            ready.set()
            await stop.wait()

    def thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - it is raised again where the server was asked for
            started.append(error)
            ready.set()

    worker = threading.Thread(target=thread, name="cosmos-server", daemon=True)
    worker.start()
    ready.wait()
    if isinstance(started[0], BaseException):
        raise started[0]
    try:
        yield started[0]
    finally:
        with contextlib.suppress(RuntimeError):
            loops[0].call_soon_threadsafe(stop.set)
        worker.join()
