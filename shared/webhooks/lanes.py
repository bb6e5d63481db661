"""The lane of a webhook: when the sender is to look at its deliveries next, and which sender does so now.

A lane lies in the webhook's partition of `delivery`. Its `wake` is the earliest instant at which something may be due:
whoever adds a delivery rings, which lowers it, and the sender takes the lanes that are due. While it works on a lane,
it holds a claim with an end, so that another sender takes over if this one dies. It lets a lane sleep only if nobody
has rung since it looked last: the lane's ETag tells. So no delivery is forgotten, whatever ends in between.

While a receiver in trouble is left alone (`rests_until`), ringing does not wake its lane before, unless a person asks.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from azure.core import MatchConditions
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from shared.clients import container
from shared.cosmos import items
from shared.cosmos.containers import DELIVERY
from shared.cosmos.items import Document, database
from shared.errors import ApiError
from shared.instants import EARLIEST, format_instant, parse_instant
from shared.webhooks import rules

LANE = "lane"
# How long a claim outlives its sender.
CLAIM = timedelta(seconds=30)
RENEWED_AFTER = timedelta(seconds=10)
# A lane is written once for many deliveries, so that races are rare.
TRIES = 20

DUE_LANES = "SELECT * FROM c WHERE c.wake <= @now"
# An idle look is most of what webhooks cost, and costs half with relaxed consistency. One that misses what was rung in
# this instant is followed by the next. `initial_headers` would be the documented way to say so, but the SDK takes them
# and sends none of them with requests for items (azure-cosmos 4.17.1).
RELAXED = {"consistencyLevel": "Eventual"}

Mutation = Callable[[Document], Document | None]


async def ring(webhook_id: str, tenant_id: str, at: datetime) -> None:
    """Have the sender look at a webhook's deliveries at this instant, or earlier; not while its receiver is left alone.

    Raises ApiError 409, 429 or 503.
    """

    def lower(lane: Document) -> Document | None:
        wake = max(format_instant(at), lane.get("rests_until", ""))
        return None if lane.get("wake", "~") <= wake else lane | {"wake": wake}

    await change(webhook_id, tenant_id, lower)


async def wake(webhook_id: str, tenant_id: str, now: datetime) -> None:
    """Have the sender look now, because a person asks for it. Raises ApiError 409, 429 or 503."""

    def woken(lane: Document) -> Document | None:
        after = awake(lane, now)
        return None if after == lane else after

    await change(webhook_id, tenant_id, woken)


def awake(lane: Document, now: datetime) -> Document:
    """The lane, due now, with a receiver that is left alone no longer."""
    rested = {name: value for name, value in lane.items() if name not in {"rests", "rests_until"}}
    return rested | {"wake": min(lane.get("wake", "~"), format_instant(now))}


async def change(webhook_id: str, tenant_id: str, mutation: Mutation) -> None:
    """Write a lane as `mutation` makes it of the present one, until nobody else is faster; None is left as it is.

    Raises ApiError 409 after many lost races, 429 or 503; and what `mutation` raises.
    """
    for _ in range(TRIES):
        found = await items.read(DELIVERY, LANE, webhook_id)
        lane = found or {"id": LANE, "webhook_id": webhook_id, "tenant_id": tenant_id, "kind": LANE}
        after = mutation(lane)
        if after is None or await _written(after, found):
            return
    raise ApiError(409, "write_conflict", "Others are changing the same item; try again")


async def _written(after: Document, before: Document | None) -> Document | None:
    """The lane as it was written; None if another writer was faster."""
    own = items.own_fields(after)
    with database():
        try:
            if before is None:
                return dict(await container(DELIVERY).create_item(own))
            return dict(
                await container(DELIVERY).replace_item(
                    LANE, own, etag=before["_etag"], match_condition=MatchConditions.IfNotModified
                )
            )
        except (CosmosAccessConditionFailedError, CosmosResourceExistsError, CosmosResourceNotFoundError):
            return None


async def due_lanes(now: datetime) -> list[Document]:
    """The lanes that are due and that nobody holds, the longest due first. Raises ApiError 429 or 503."""
    rows = container(DELIVERY).query_items(
        DUE_LANES, parameters=[{"name": "@now", "value": format_instant(now)}], feed_options=RELAXED
    )
    with database():
        lanes: list[Document] = [dict(lane) async for lane in rows]
    free = [lane for lane in lanes if not _is_claimed(lane, now)]
    return sorted(free, key=lambda lane: str(lane["wake"]))


def _is_claimed(lane: Document, now: datetime) -> bool:
    claim = lane.get("claim")
    return claim is not None and claim["until"] > format_instant(now)


class LaneLostError(Exception):
    """Another sender has taken the lane over, or it is gone: what this one was about to do is the other's."""


class Lane:
    """A lane that this process holds. Raises ApiError 429 or 503 wherever it writes."""

    def __init__(self, document: Document, claim_id: str) -> None:
        self._document = document
        self._claim_id = claim_id
        # What this sender has learnt since it wrote the lane last.
        self._news: list[Callable[[Document], Document]] = []
        self._writing = asyncio.Lock()

    @classmethod
    async def claimed(cls, found: Document, now: datetime) -> "Lane | None":
        """The lane for this process alone, until the claim ends; None if another was faster."""
        claim_id = uuid4().hex
        document = await _written(found | _claim(claim_id, now), found)
        return cls(document, claim_id) if document else None

    @property
    def webhook_id(self) -> str:
        return str(self._document["webhook_id"])

    @property
    def tenant_id(self) -> str:
        return str(self._document["tenant_id"])

    @property
    def replays(self) -> list[Document]:
        """The replays that are not done: each with the position up to which it is."""
        replays: list[Document] = self._present.get("replays", [])
        return replays

    @property
    def failing_since(self) -> datetime | None:
        """When the first try failed after which none has succeeded."""
        since = self._present.get("failing_since")
        return parse_instant(since) if since else None

    @property
    def rests_until(self) -> datetime:
        """Until when the receiver is left alone, or was the last time; the earliest instant if it never was."""
        until = self._present.get("rests_until")
        return parse_instant(until) if until else EARLIEST

    def rest(self, *, in_trouble: bool, retry_after: str | None, now: datetime) -> None:
        """Leave the receiver alone for a while if it is in trouble; if it is not, the next rest is a short one."""
        rests = self._present.get("rests", 0)
        if not in_trouble and rests:
            self._news.append(lambda lane: lane | {"rests": 0})
        # What was under way side by side is one trouble.
        if in_trouble and self.rests_until <= now:
            until = format_instant(now + rules.rest(rests, retry_after, now))
            self._news.append(lambda lane: lane | {"rests": rests + 1, "rests_until": until})

    async def note(self, *, succeeded: bool, now: datetime) -> None:
        """Remember how a try has ended. That it works again is written at once: else it could be given up wrongly."""
        if succeeded == (self.failing_since is None):
            return
        since = None if succeeded else format_instant(now)
        self._news.append(lambda lane: lane | {"failing_since": since})
        if succeeded:
            await self.look_again(now)

    async def move(self, replay_id: str, position: tuple[str, str] | None, now: datetime) -> None:
        """Write how far a replay is; None: it is done. Raises LaneLostError."""

        def moved(lane: Document) -> Document:
            replays = [one for one in lane.get("replays", []) if one["id"] != replay_id or position]
            return lane | {
                "replays": [
                    one | {"position": [*position]} if position and one["id"] == replay_id else one for one in replays
                ]
            }

        self._news.append(moved)
        await self.look_again(now)

    async def renew(self, now: datetime) -> None:
        """Hold on to the lane if the claim is getting old. Raises LaneLostError."""
        if now >= parse_instant(self._document["claim"]["until"]) - CLAIM + RENEWED_AFTER:
            await self.look_again(now)

    async def look_again(self, now: datetime) -> None:
        """Forget that somebody rang: whatever they rang for is found by what looks after this. Raises LaneLostError."""
        async with self._writing:
            while True:
                # More may be learnt while this is written.
                told = len(self._news)
                written = await _written(self._present | _claim(self._claim_id, now), self._document)
                if written:
                    self._document = written
                    del self._news[:told]
                    return
                found = await items.read(DELIVERY, LANE, self.webhook_id)
                if found is None or found.get("claim", {}).get("id") != self._claim_id:
                    raise LaneLostError
                self._document = found

    async def release(self, wake: datetime | None) -> bool:
        """Let go, until `wake` or until somebody rings; False if somebody has rung since `look_again`."""
        document = {name: value for name, value in self._present.items() if name not in {"claim", "wake"}}
        if wake:
            document["wake"] = format_instant(wake)
        return await _written(document, self._document) is not None

    @property
    def _present(self) -> Document:
        lane = self._document
        for learnt in self._news:
            lane = learnt(lane)
        return lane


def _claim(claim_id: str, now: datetime) -> Document:
    until = format_instant(now + CLAIM)
    return {"claim": {"id": claim_id, "until": until}, "wake": until}
