"""A reverse proxy between the app and the database, which knows how many round trips were made one after another."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import hdrs, web

# Each request is held back so long that those sent side by side are sure to be seen together.
DELAY_SECONDS = 0.02
_NOT_OURS = {hdrs.HOST, hdrs.CONTENT_LENGTH, hdrs.TRANSFER_ENCODING, hdrs.CONNECTION, hdrs.ACCEPT_ENCODING}


@dataclass(slots=True)
class Recorder:
    """What passed: for each request what it was, and when it came and was answered."""

    url: str = ""
    passed: list[tuple[str, float, float]] = field(default_factory=list)
    delay_seconds: float = 0.0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Forget what passed before, and hold everything back a little: see DELAY_SECONDS."""
        self.passed.clear()
        self.delay_seconds = DELAY_SECONDS
        try:
            yield
        finally:
            self.delay_seconds = 0.0

    @property
    def round_trips(self) -> int:
        """The longest chain of requests of which each came after the one before was answered."""
        chain, free_at = 0, 0.0
        for _, came, answered in sorted(self.passed, key=lambda one: one[2]):
            if came >= free_at:
                chain, free_at = chain + 1, answered
        return chain

    @property
    def requests(self) -> list[str]:
        return [what for what, _, _ in self.passed]


@asynccontextmanager
async def recording(endpoint: str) -> AsyncIterator[Recorder]:
    """Forward everything to the account at `endpoint`."""
    recorder = Recorder()
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def forward(request: web.BaseRequest) -> web.StreamResponse:
            came = time.perf_counter()
            await asyncio.sleep(recorder.delay_seconds)
            headers = {name: value for name, value in request.headers.items() if name not in _NOT_OURS}
            target = endpoint.rstrip("/") + request.raw_path
            async with session.request(request.method, target, data=await request.read(), headers=headers) as response:
                content = await response.read()
                kept = {name: value for name, value in response.headers.items() if name not in _NOT_OURS}
            if request.raw_path == "/":
                content = _through(recorder.url, content)
            recorder.passed.append((f"{request.method} {request.raw_path}", came, time.perf_counter()))
            return web.Response(status=response.status, body=content, headers=kept)

        runner = web.ServerRunner(web.Server(forward, access_log=None), shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            recorder.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            yield recorder
        finally:
            await runner.cleanup()


def _through(url: str, account: bytes) -> bytes:
    """The account's description, with every region's address made ours: the SDK goes where that says."""
    description = json.loads(account)
    for location in (*description.get("writableLocations", ()), *description.get("readableLocations", ())):
        location["databaseAccountEndpoint"] = url
    return json.dumps(description).encode()
