"""A webhook whose receiver was away: how long its deliveries take when it is back, and the memory of what sends them.

The app's change feed, in a process of its own, makes the deliveries while nobody answers. Then the sender runs in
another process, as its timer runs it: once while the receiver answers 503, then when it is back and all are due again,
until none is. With ten times as many events, a delivery is to cost the same, and memory is to be no more.
"""

import asyncio
import base64
import json
import os
import resource
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
from aiohttp import web
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy

from benchmarks import stack
from benchmarks.stack import memory_kilobytes
from embedded_cosmos.auth import EMULATOR_KEY
from local.demo_tokens import token
from shared.auth.caller import Caller
from shared.cosmos.containers import DELIVERY, TECHNOLOGY
from shared.events.outbox import outbox_document, stamped
from shared.webhooks import sender

COUNTS = (1_000, 10_000)
BATCH = 100
# When what has failed once is tried again, and nobody holds the lane any more.
LATER_MINUTES = 6
MOST_RUNS = 100
SETTINGS = {
    "WEBHOOKS_TO_LOOPBACK": "1",
    "SECRETS_KEY": base64.b64encode(b"a key for a benchmark, 32 bytes.").decode(),
    "AzureWebJobs.forgotten_timers.Disabled": "1",
    "AzureWebJobs.webhook_sender.Disabled": "1",
}
KEPT = "SELECT c.event_id, c.status FROM c WHERE IS_DEFINED(c.event_id)"


@dataclass
class Receiver:
    """Answers with `status`, and counts what it was sent."""

    status: int = 503
    received: Counter[str] = field(default_factory=Counter)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        await request.read()
        self.received[request.headers["webhook-id"]] += 1
        return web.Response(status=self.status)


async def measure(counts: tuple[int, ...] = COUNTS) -> dict[str, Any]:
    """The figures for so many events, by their number."""
    return {str(count): await _measured(count) for count in counts}


async def _measured(count: int) -> dict[str, Any]:
    async with AsyncExitStack() as running:
        database = await running.enter_async_context(stack.database())
        await stack.migrate(database.url)
        app = await running.enter_async_context(stack.app(database.url, SETTINGS))
        client = await running.enter_async_context(CosmosClient(database.url, EMULATOR_KEY))
        containers = client.get_database_client(stack.DATABASE)
        receiver = Receiver()
        server = web.ServerRunner(web.Server(receiver.answer))
        await server.setup()
        running.push_async_callback(server.cleanup)
        await web.TCPSite(server, "127.0.0.1", 0).start()
        webhook = await _hooked(app.url, f"http://127.0.0.1:{server.addresses[0][1]}/")

        spent = app.processor_seconds
        await _happened(containers.get_container_client(TECHNOLOGY), webhook["tenant_id"], count)
        made = 0
        while made < count:
            await asyncio.sleep(1)
            made = len(await _deliveries(containers, webhook["id"]))
        feed = {
            "processor ms a delivery": round((app.processor_seconds - spent) * 1000 / count, 2),
            "most memory in MB": round(memory_kilobytes(app.pid, "VmHWM") / 1024, 1),
        }
        away = await _sent(database.url, ahead_minutes=0, most_runs=1)
        tried = len(receiver.received)
        receiver.received.clear()
        receiver.status = 204
        back = await _sent(database.url, ahead_minutes=LATER_MINUTES, most_runs=MOST_RUNS)
        kept = await _deliveries(containers, webhook["id"])
        return {
            "change feed": feed,
            "sender while away": away | {"tried": tried},
            "sender when back": back
            | {
                "arrived": len(receiver.received),
                "arrived twice": sum(times > 1 for times in receiver.received.values()),
                "in the list": len(kept),
                "in the list twice": len(kept) - len({event_id for event_id, _ in kept}),
                "in the list as delivered": sum(status == "delivered" for _, status in kept),
            },
        }


async def _hooked(url: str, receiver: str) -> dict[str, Any]:
    bearer = token(str(uuid4()), "admin@example.com", "Admin", tenant_id=str(uuid4()), admin=True)
    async with (
        aiohttp.ClientSession(f"{url}/api/", headers={"Authorization": f"Bearer {bearer}"}) as session,
        session.post("webhooks", json={"url": receiver, "events": ["technology.*"]}) as answer,
    ):
        answer.raise_for_status()
        webhook: dict[str, Any] = await answer.json()
        return webhook


async def _happened(technologies: ContainerProxy, tenant_id: str, count: int) -> None:
    """So many events, as writes leave them in the outbox."""
    caller = Caller(str(uuid4()), tenant_id)
    for first in range(0, count, BATCH):
        batch: list[Any] = []
        for number in range(first, min(first + BATCH, count)):
            item = {"id": str(uuid4()), "tenant_id": tenant_id, "name": f"Technology {number}"}
            after = stamped(item, caller, TECHNOLOGY, "create", "Create a technology")
            batch.append(("create", (outbox_document(None, after, datetime.now(UTC)),)))
        await technologies.execute_item_batch(batch, tenant_id)


async def _deliveries(containers: DatabaseProxy, webhook_id: str) -> list[tuple[str, str]]:
    """The event and the status of each."""
    found = containers.get_container_client(DELIVERY).query_items(KEPT, partition_key=webhook_id)
    return [(one["event_id"], one["status"]) async for one in found]


async def _sent(account: str, ahead_minutes: int, most_runs: int) -> dict[str, float]:
    """What the sender takes until nothing is due, or for so many runs of its timer, by a clock that is ahead."""
    environment = {**os.environ, **stack.account_settings(account), **SETTINGS}
    printed: dict[str, float] = json.loads(
        await stack.run("benchmarks.webhooks", [str(ahead_minutes), str(most_runs)], environment)
    )
    return printed


async def send(ahead: timedelta, most_runs: int) -> dict[str, float]:
    """Run the sender as the timer does, again where it has used up its time, and give what that took."""
    runs, took, began = 0, sender.BUDGET.total_seconds(), time.perf_counter()
    while runs < most_runs and took >= sender.BUDGET.total_seconds():
        started = time.perf_counter()
        await sender.run(now=lambda: datetime.now(UTC) + ahead)
        runs, took = runs + 1, time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "runs of the timer": runs,
        "seconds": round(time.perf_counter() - began, 1),
        "processor seconds": round(used.ru_utime + used.ru_stime, 1),
        "most memory in MB": round(memory_kilobytes(os.getpid(), "VmHWM") / 1024, 1),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(send(timedelta(minutes=int(sys.argv[1])), int(sys.argv[2])))))
