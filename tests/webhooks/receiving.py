"""A receiver of webhooks on loopback, which keeps what it was sent, and a tenant's webhooks to it."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from shared.webhooks import sender
from tests.application import Application
from tests.calling import Item
from tests.events.delivering import deliver
from tests.world import World

Answering = Callable[["Received"], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    """A request that came in."""

    headers: dict[str, str]
    content: bytes
    request: web.Request

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def type(self) -> str:
        return str(self.body["type"])

    def is_signed_with(self, secret: str, place: int = 0) -> bool:
        """Whether the signature at this place of the header was made with a secret, as the specification says."""
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.content
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return self.headers["webhook-signature"].split(" ")[place] == f"v1,{expected}"


@dataclass
class Receiver:
    """What it was sent, and how it answers: with `status`, unless told otherwise."""

    url: str = ""
    status: int = 204
    answering: Answering | None = None
    received: list[Received] = field(default_factory=list)
    inside: int = 0
    most_inside: int = 0

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.received]

    @property
    def types(self) -> list[str]:
        return sorted(one.type for one in self.received)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        one = Received({name.lower(): value for name, value in request.headers.items()}, await request.read(), request)
        self.received.append(one)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            return await self.answering(one) if self.answering else web.Response(status=self.status)
        finally:
            self.inside -= 1


@asynccontextmanager
async def receiver(status: int = 204, answering: Answering | None = None) -> AsyncIterator[Receiver]:
    """A receiver that is there for the block."""
    one = Receiver(status=status, answering=answering)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", one.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    one.url = f"http://{host}:{port}/hook"
    try:
        yield one
    finally:
        await runner.cleanup()


async def hang(_: Received) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def hooked(world: World, url: str, *events: str, **fields: Any) -> Item:
    """A new webhook, with its secret."""
    body = {"url": url, "events": list(events or ["*"]), **fields}
    webhook: Item = (await world.admin.post("webhooks", body)).ok(201)
    return webhook


async def listed(world: World, webhook: Item, **query: Any) -> list[Item]:
    """The deliveries of a webhook, newest first."""
    found: list[Item] = (await world.admin.get(f"webhooks/{webhook['id']}/deliveries", query)).ok()["data"]
    return found


async def send_all(app: Application, **ahead: float) -> None:
    """Deliver the change feed, and then what webhooks are to be told; `ahead` of time by so much."""
    await deliver(app)
    await send(**ahead)


async def send(**ahead: float) -> None:
    """Run the sender as the timer does, at a clock that is so much ahead."""
    await sender.run(now=clock(**ahead))


def clock(**ahead: float) -> Callable[[], datetime]:
    """A clock that goes, and is so much ahead."""
    return lambda: datetime.now(UTC) + timedelta(**ahead)
