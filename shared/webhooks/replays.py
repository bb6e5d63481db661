"""Replays: everything since an instant once more, from the audit trail, a page at a time.

A replay lies in the webhook's lane, with the position up to which its deliveries have been written. Their ids are made
of event and replay, so that a page which is written twice makes none twice.
"""

from datetime import datetime
from uuid import uuid4

from shared.cosmos import items
from shared.cosmos.containers import EVENT
from shared.cosmos.items import Document
from shared.errors import ApiError
from shared.instants import format_instant
from shared.webhooks import lanes
from shared.webhooks.deliveries import Told, delivery_of, write
from shared.webhooks.lanes import Lane
from shared.webhooks.rules import is_wanted, type_of

MOST_AT_ONCE = 10
PAGE = 100

SINCE = (
    "SELECT * FROM c WHERE c.tenant_id = @tenant AND c.date >= @first AND c.date <= @last"
    " AND (c.date > @date OR (c.date = @date AND c.id > @id))"
    " ORDER BY c.date ASC, c.id ASC OFFSET 0 LIMIT @limit"
)


async def start(webhook: Document, since: datetime, now: datetime) -> None:
    """Have the sender go through the audit trail from `since` to `now`. Raises ApiError 409, 429 or 503."""
    replay = {
        "id": uuid4().hex,
        "from": format_instant(since),
        "until": format_instant(now),
        "position": [format_instant(since), ""],
    }

    def added(lane: Document) -> Document:
        replays = lane.get("replays", [])
        if len(replays) >= MOST_AT_ONCE:
            raise ApiError(
                409, "replays_running", "There are replays of this webhook that are not done; try again later"
            )
        return lanes.awake(lane, now) | {"replays": [*replays, replay]}

    await lanes.change(webhook["id"], webhook["tenant_id"], added)


async def go_on(lane: Lane, webhook: Document, now: datetime) -> None:
    """Write the deliveries of the next page of the lane's first replay. Raises ApiError 429 or 503, LaneLostError."""
    (replay, *_) = lane.replays
    date, event_id = replay["position"]
    parameters = {
        "tenant": webhook["tenant_id"],
        "first": replay["from"],
        "last": replay["until"],
        "date": date,
        "id": event_id,
        "limit": PAGE,
    }
    events = await items.query(EVENT, SINCE, parameters)
    typed = [(event_type, event) for event in events if (event_type := type_of(event))]
    await write(
        [
            delivery_of(Told(webhook, event_type, event), now, replay["id"])
            for event_type, event in typed
            if is_wanted(webhook["events"], event_type)
        ]
    )
    position = (events[-1]["date"], events[-1]["id"]) if len(events) == PAGE else None
    await lane.move(replay["id"], position, now)
