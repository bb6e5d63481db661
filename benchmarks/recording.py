"""A reverse proxy between the app and the database, which knows what was asked, one after another or side by side."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import hdrs, web

# Each request is held back so long that those sent side by side are sure to be seen together.
DELAY_SECONDS = 0.02
_NOT_OURS = {hdrs.HOST, hdrs.CONTENT_LENGTH, hdrs.TRANSFER_ENCODING, hdrs.CONNECTION, hdrs.ACCEPT_ENCODING}


@dataclass(frozen=True, slots=True)
class Passed:
    """A request that passed: what it was, when it came and was answered, its charge in request units, and the size of
    its answer in bytes.
    """

    what: str
    came: float
    answered: float
    kind: str = ""
    charge: float = 0.0
    answer_bytes: int = 0


@dataclass(slots=True)
class Recorder:
    """What passed since `listening` began."""

    url: str = ""
    passed: list[Passed] = field(default_factory=list)
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
        for one in sorted(self.passed, key=lambda one: one.answered):
            if one.came >= free_at:
                chain, free_at = chain + 1, one.answered
        return chain

    @property
    def requests(self) -> list[str]:
        return [one.what for one in self.passed]

    @property
    def kinds(self) -> dict[str, int]:
        """How many requests of which kind passed: read, query, batch, write, or whatever the method was."""
        return dict(Counter(one.kind for one in self.passed))

    @property
    def charge(self) -> float:
        """What they cost together, in request units."""
        return round(sum(one.charge for one in self.passed), 2)


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
            charge = float(response.headers.get("x-ms-request-charge", 0))
            kind = _kind(request.method, request.headers)
            recorder.passed.append(
                Passed(f"{request.method} {request.raw_path}", came, time.perf_counter(), kind, charge, len(content))
            )
            return web.Response(status=response.status, body=content, headers=kept)

        runner = web.ServerRunner(web.Server(forward, access_log=None), shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            recorder.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            yield recorder
        finally:
            await runner.cleanup()


def _kind(method: str, headers: Mapping[str, str]) -> str:
    if headers.get("x-ms-cosmos-is-query-plan-request", "").lower() == "true":
        return "query plan"
    if "query+json" in headers.get(hdrs.CONTENT_TYPE, ""):
        return "query"
    if headers.get("x-ms-cosmos-is-batch-request", "").lower() == "true":
        return "batch"
    return {"GET": "read", "POST": "write", "PUT": "write"}.get(method, method)


def _through(url: str, account: bytes) -> bytes:
    """The account's description, with every region's address made ours: the SDK goes where that says."""
    description = json.loads(account)
    for location in (*description.get("writableLocations", ()), *description.get("readableLocations", ())):
        location["databaseAccountEndpoint"] = url
    return json.dumps(description).encode()
