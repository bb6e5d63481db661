"""The local Functions host: an indexed app, its HTTP server, its change feed triggers and timers."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from socket import socket

from aiohttp import web
from azure.functions import FunctionRegister

from local.host.configuration import DEFAULT_FUNCTION_TIMEOUT_SECONDS, DEFAULT_ORIGINS, AppSettings, HostJson
from local.host.indexing import IndexedFunction, import_app, index
from local.host.runner import RunningTriggers, TriggerRunner
from local.host.server import FunctionServer, HttpOptions
from local.host.sockets import listen

# How long a request that is being answered may keep the host from stopping.
_SHUTDOWN_SECONDS = 5.0


class Host:
    """Runs the functions of one app."""

    def __init__(
        self,
        app: FunctionRegister,
        settings: Mapping[str, str],
        http: HttpOptions | None = None,
        *,
        function_timeout_seconds: float | None = DEFAULT_FUNCTION_TIMEOUT_SECONDS,
    ) -> None:
        self._settings = AppSettings(settings)
        self._functions = index(app, self._settings, function_timeout_seconds)
        self._server = FunctionServer(self._functions, http or HttpOptions())
        self._triggers = TriggerRunner(self._functions, self._settings)

    @classmethod
    async def load(
        cls,
        app_root: Path,
        settings: Mapping[str, str],
        *,
        origins: Iterable[str] = DEFAULT_ORIGINS,
        credentials: bool = True,
    ) -> "Host":
        """Index the app in that folder; a coroutine, for Azure too imports function_app.py inside the running loop."""
        host_json = HostJson.read(app_root)
        http = HttpOptions(host_json.route_prefix, tuple(origins), credentials)
        app = import_app(app_root)
        return cls(app, settings, http, function_timeout_seconds=host_json.function_timeout_seconds)

    @property
    def functions(self) -> Sequence[IndexedFunction]:
        """The functions that are not disabled."""
        return self._functions

    @asynccontextmanager
    async def serving(self, port: int = 0, sockets: Sequence[socket] = ()) -> AsyncIterator[str]:
        """Serve the HTTP functions; give the address. Sockets that are bound already are taken as they are."""
        runner = web.ServerRunner(self._server.open(), shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        try:
            bound = sockets or listen(port)
            for one in bound:
                await web.SockSite(runner, one).start()
            yield f"http://localhost:{bound[0].getsockname()[1]}"
        finally:
            await runner.cleanup()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[RunningTriggers]:
        """Run change feeds and timers; leaving the block finishes the calls in hand and gives the leases back."""
        async with self._triggers.running() as triggers:
            yield triggers

    @asynccontextmanager
    async def running(self, port: int = 0, sockets: Sequence[socket] = ()) -> AsyncIterator[str]:
        """Serve HTTP and run the triggers; give the address."""
        async with self.serving(port, sockets) as address, self.watching():
            yield address
