"""The floor: `python -m benchmarks.floor` makes the database calls of each operation bare, by the SDK.

The same point reads, query texts and batches of documents of the same shape, side by side where the app makes them so,
by a client of the same kind: asynchronous, opened once, never entered. There is no HTTP before it, no token, no rule.
It is timed once with a client as the SDK makes it, and once with the transport that the app gives it.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from azure.core.pipeline.transport import AioHttpTransport
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy

from benchmarks.calls import Person
from benchmarks.company import last_month
from benchmarks.stack import DATABASE
from embedded_cosmos.auth import EMULATOR_KEY
from shared.cosmos.items import PAGE_SIZE
from shared.instants import format_instant
from shared.time_entries import lists, reading
from shared.time_entries.rules import WEEK

Document = dict[str, Any]
WARM_UP_SECONDS = 0.3


@dataclass(slots=True)
class Bare:
    """The calls of one person, made bare; writes go to a partition of their own, filled like the person's."""

    entries: ContainerProxy
    person: Person
    owner_id: str
    entry: Document
    timeline: Document
    event: Document
    # As the last batch left them: a worker that remembers the owner reads neither.
    entry_etag: str
    timeline_etag: str

    @property
    def own(self) -> list[str]:
        return [self.person.tenant_id, self.owner_id]

    @property
    def persons(self) -> list[str]:
        return [self.person.tenant_id, self.person.user_id]

    async def running(self) -> None:
        await self.entries.read_item("timeline", self.persons)

    async def get(self) -> None:
        await self.entries.read_item(self.person.entry_id, self.persons)

    async def month(self) -> None:
        now = datetime.now(UTC)
        await self._query(lists.OWN_RECENT, _filters(now - timedelta(days=28), now), self.persons)

    async def summary(self) -> None:
        since = datetime.now(UTC).replace(day=1, hour=5, minute=0)
        await self._query(reading.WORKED_SINCE, {"since": format_instant(since)}, self.persons)

    async def report(self) -> None:
        first = last_month(datetime.now(UTC))
        parameters = {
            **_filters(first, (first + timedelta(days=31)).replace(day=1)),
            "tenant": self.person.tenant_id,
            "owners": None,
            "hidden": [],
            "week_before": format_instant(first - WEEK),
            "week_after": format_instant(first + WEEK),
        }
        texts = (lists.TENANT_WITHIN, *lists.TENANT_REACHING_IN)
        await asyncio.gather(*(self._query(text, parameters, None) for text in texts))

    async def start(self) -> None:
        self.entry = {**self.entry, "id": str(uuid4()), "end_date": None}
        await self._batch(("create", (self.entry,)))

    async def stop(self) -> None:
        self.entry = {**self.entry, "end_date": self.entry["start_date"]}
        await self.put()

    async def put(self) -> None:
        await self._batch(("replace", (self.entry["id"], self.entry), {"if_match_etag": self.entry_etag}))

    async def switch(self) -> None:
        await self.stop()
        await self.start()

    async def _batch(self, operation: Any) -> None:
        replacement = ("replace", ("timeline", self.timeline), {"if_match_etag": self.timeline_etag})
        event = ("create", ({**self.event, "id": str(uuid4())},))
        results = await self.entries.execute_item_batch([operation, replacement, event], self.own, no_response=True)
        self.entry_etag, self.timeline_etag, _ = (result["eTag"] for result in results)

    async def _query(self, text: str, parameters: Document, partition: list[str] | None) -> None:
        where: dict[str, Any] = {} if partition is None else {"partition_key": partition}
        pages = self.entries.query_items(
            text,
            parameters=[{"name": f"@{name}", "value": value} for name, value in parameters.items()],
            max_item_count=PAGE_SIZE,
            **where,
        )
        _ = [row async for row in pages]


def _filters(first: datetime, beyond: datetime) -> Document:
    """The parameters of a list that filters by nothing but a range."""
    dates = {"first": format_instant(first), "beyond": format_instant(beyond)}
    nothing = dict.fromkeys(("projects", "activities", "uri", "billable"))
    return {**dates, **nothing, "seen": [], "skip": 0, "limit": 9999}


async def prepared(database: DatabaseProxy, person: Person) -> Bare:
    """A partition with a timeline and an entry of the shape that the app has written for this person."""
    entries = database.get_container_client("time_entry")
    theirs = [person.tenant_id, person.user_id]
    owner_id = str(uuid4())

    async def like(item_id: str) -> Document:
        document = await entries.read_item(item_id, theirs)
        mine = {name: value for name, value in document.items() if not name.startswith("_") or "event" in name}
        return {**mine, "owner_id": owner_id}

    entry, timeline = await like(person.entry_id), await like("timeline")
    events = entries.query_items("SELECT TOP 1 * FROM c WHERE c.kind = 'event'", partition_key=theirs)
    (event,) = [await like(document["id"]) async for document in events]
    etags = [(await entries.create_item(document))["_etag"] for document in (entry, timeline)]
    return Bare(entries, person, owner_id, entry, timeline, event, *etags)


async def timed(call: Callable[[], Awaitable[None]], seconds: float) -> list[float]:
    """How long each call took, in milliseconds, one after another for so long."""
    took: list[float] = []
    began = time.perf_counter()
    while (at := time.perf_counter()) < began + WARM_UP_SECONDS + seconds:
        await call()
        if at >= began + WARM_UP_SECONDS:
            took.append((time.perf_counter() - at) * 1000)
    return took


async def measured(account: str, person: Person, seconds: float, **options: Any) -> dict[str, list[float]]:
    """The latencies of every operation's bare calls, one after another."""
    client = CosmosClient(account, EMULATOR_KEY, **options)
    try:
        bare = await prepared(client.get_database_client(DATABASE), person)
        return {
            "running": await timed(bare.running, seconds),
            "get": await timed(bare.get, seconds),
            "list of a month": await timed(bare.month, seconds),
            "start": await timed(bare.start, seconds),
            "stop": await timed(bare.stop, seconds),
            "stop + start": await timed(bare.switch, seconds),
            "put": await timed(bare.put, seconds),
            "summary": await timed(bare.summary, seconds),
            "report of a month": await timed(bare.report, seconds),
        }
    finally:
        await client.close()


async def main() -> None:
    order = json.load(sys.stdin)
    person, seconds = Person(**order["person"]), order["seconds"]
    as_it_comes = await measured(order["account"], person, seconds)
    transport = AioHttpTransport(use_env_settings=False)
    same_transport = await measured(order["account"], person, seconds, transport=transport)
    sys.stdout.write(json.dumps({"as it comes": as_it_comes, "same transport": same_transport}))


if __name__ == "__main__":
    asyncio.run(main())
