"""The sender: takes the lanes that are due, and sends their deliveries side by side, within a budget of time.

It is bounded for each webhook (`rules.side_by_side`) and in all. A webhook has a lane of its own, so that one whose
receiver is slow delays no other. A receiver in trouble is left alone for a while (`rules.rest`): then one delivery asks
whether it takes something again, and not each that waits.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from shared import instants
from shared.config import settings
from shared.cosmos import items
from shared.cosmos.containers import EVENT
from shared.cosmos.items import Document
from shared.errors import ApiError
from shared.events.answers import shown
from shared.http.json_body import dumps
from shared.instants import format_instant, parse_instant
from shared.logs import SparingLog, correlation_id, log_what_waits, logger
from shared.webhooks import deliveries, replays, rules, store
from shared.webhooks.lanes import Lane, LaneLostError, due_lanes
from shared.webhooks.reading import live_webhook
from shared.webhooks.sending import Answer, post
from shared.webhooks.signing import signed_headers

# Well below the function timeout of host.json, with what is under way at the end: 10 s of sending, and writing it down.
BUDGET = timedelta(minutes=3)
# A lane that has had so long goes behind those that wait.
TURN = timedelta(seconds=20)
LOOK_SECONDS = 1.0
MOST_LANES = 200
MOST_SENDS = 200
PAGE = 50
LATE = timedelta(minutes=15)

log = logger(__name__)
sparing_log = SparingLog(__name__)


async def run(*, budget: timedelta = BUDGET, now: Callable[[], datetime] = instants.now) -> None:
    """Send what is due, until nothing is, or the budget is spent. Raises ApiError 429 or 503 where it can't look.

    A lane that fails goes on when its claim ends; its failure is logged.
    """
    correlation_id.set(uuid4().hex)
    if problem := settings().secrets.problem:
        sparing_log.warn_about("key", "no webhook is told anything: %s", problem)
        log_what_waits()
        return
    await _Run(now, now() + budget).work()


class _Run:
    """One run of the timer."""

    def __init__(self, now: Callable[[], datetime], ends: datetime) -> None:
        self._now = now
        self._ends = ends
        self._sends = asyncio.Semaphore(MOST_SENDS)
        self._working: dict[str, asyncio.Task[None]] = {}

    async def work(self) -> None:
        try:
            while await self._take_lanes() or self._working:
                await asyncio.wait(self._working.values(), timeout=LOOK_SECONDS)
                self._working = {name: task for name, task in self._working.items() if not task.done()}
        finally:
            for task in self._working.values():
                task.cancel()
            await asyncio.gather(*self._working.values(), return_exceptions=True)

    async def _take_lanes(self) -> bool:
        """Begin with the lanes that are due, as long as there is time; whether there was one."""
        if self._now() >= self._ends:
            return False
        try:
            due = await due_lanes(self._now())
        except ApiError:
            # What is under way is not to be cut off by that.
            if self._working:
                return False
            raise
        free = [lane for lane in due if lane["webhook_id"] not in self._working]
        for lane in free[: MOST_LANES - len(self._working)]:
            self._working[lane["webhook_id"]] = asyncio.create_task(self._work_on(lane))
        return bool(free)

    async def _work_on(self, found: Document) -> None:
        try:
            lane = await Lane.claimed(found, self._now())
            if lane:
                await _Turn(lane, self._sends, self._now, min(self._ends, self._now() + TURN)).work()
        except LaneLostError:
            log.info("the lane of webhook %s went to another sender", found["webhook_id"])
        except ApiError as error:
            log.warning("the lane of webhook %s waits: %s", found["webhook_id"], error.code)
        except Exception:
            # The other lanes go on, and this one when its claim ends.
            log.exception("the lane of webhook %s failed", found["webhook_id"])


class _Turn:
    """What is done for one webhook in a go."""

    def __init__(self, lane: Lane, sends: asyncio.Semaphore, now: Callable[[], datetime], ends: datetime) -> None:
        self._lane = lane
        self._sends = sends
        self._now = now
        self._ends = ends
        self._side_by_side = 1
        self._goes_on = True
        self._webhook: Document = {}
        self._secrets: list[str] = []

    async def work(self) -> None:
        """Send until nothing is due, the turn is over, or the webhook is disabled."""
        lane = self._lane
        while True:
            wake = None
            # Each time: somebody may have changed, disabled or deleted it meanwhile. What waits for a webhook that is
            # disabled is kept for as long as deliveries are, and goes on when it is enabled again.
            webhook = await live_webhook(lane.tenant_id, lane.webhook_id)
            if webhook and webhook["enabled"]:
                self._webhook, self._goes_on = webhook, True
                self._secrets = await store.secrets_of(webhook, self._now())
                wake = await self._work_until_nothing_is_due()
            if (self._goes_on or not wake) and await lane.release(wake):
                return
            await lane.look_again(self._now())

    async def _work_until_nothing_is_due(self) -> datetime | None:
        """When to look next, None for never; now, if the turn is over or the webhook disabled before."""
        while self._goes_on and self._now() < self._ends:
            await self._lane.renew(self._now())
            waiting = await deliveries.waiting(self._lane.webhook_id, PAGE)
            now = self._now()
            first = now if self._lane.replays else parse_instant(waiting[0]["next_attempt"]) if waiting else None
            if first is None:
                return None
            if (wake := max(first, self._lane.rests_until)) > now:
                return wake
            due = [delivery for delivery in waiting if parse_instant(delivery["next_attempt"]) <= now]
            if len(due) < PAGE and self._lane.replays:
                await replays.go_on(self._lane, self._webhook, self._now())
            await self._send_all(due)
        return max(self._now(), self._lane.rests_until)

    async def _send_all(self, due: list[Document]) -> None:
        """Send a page. What one of them raises is raised when none of them is under way any more."""
        # While a receiver is left alone, nobody waits for us.
        since = max(parse_instant(due[0]["next_attempt"]), self._lane.rests_until) if due else self._now()
        if self._now() - since > LATE:
            log.warning("webhook lags: %s has had one due since %s", self._lane.webhook_id, format_instant(since))
        running: set[asyncio.Task[None]] = set()
        ended: set[asyncio.Task[None]] = set()
        for delivery in due:
            while len(running) >= self._side_by_side:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                ended |= done
            is_over = not self._goes_on or self._now() >= self._ends or self._lane.rests_until > self._now()
            if is_over or any(task.exception() for task in ended):
                break
            running.add(asyncio.create_task(self._send(delivery)))
            await self._lane.renew(self._now())
        if running:
            await asyncio.wait(running)
        for task in ended | running:
            task.result()

    async def _send(self, delivery: Document) -> None:
        """Try one delivery, and write down how that ended."""
        async with self._sends:
            answer = await self._answer(delivery)
        if answer is None:
            await deliveries.drop(delivery)
            return
        now = self._now()
        in_trouble = rules.is_in_trouble(answer.status, answer.error)
        self._lane.rest(in_trouble=in_trouble, retry_after=answer.retry_after, now=now)
        await deliveries.tried(delivery, answer, now)
        log.info(
            "webhook %s event %s try %d: %s",
            self._lane.webhook_id,
            delivery["event_id"],
            delivery["tries"] + 1,
            answer.status or answer.error,
        )
        self._side_by_side = rules.side_by_side(self._side_by_side, succeeded=answer.is_taken)
        await self._lane.note(succeeded=answer.is_taken, now=self._now())
        if await self._given_up(answer):
            self._goes_on = False

    async def _answer(self, delivery: Document) -> Answer | None:
        """What came of a try; None where there is nothing to tell after all."""
        if not self._secrets:
            return Answer(None, None, "secret_unreadable")
        try:
            body = await _body(delivery)
            if body is None:
                return None
            # Signed now: receivers refuse a signature that is minutes old.
            headers = signed_headers(delivery["event_id"], int(self._now().timestamp()), body, self._secrets)
            return await post(self._webhook["url"], headers, body, to_loopback=settings().webhooks_to_loopback)
        except ApiError:
            raise
        except Exception:
            # An event that can't be sent is not to hold up those behind it.
            log.exception("event %s could not be sent to webhook %s", delivery["event_id"], self._lane.webhook_id)
            return Answer(None, None, "internal_error")

    async def _given_up(self, answer: Answer) -> bool:
        """Disable the webhook if the receiver says that it is gone, or has taken nothing for days."""
        enabled_since, failing_since = parse_instant(self._webhook["enabled_since"]), self._lane.failing_since
        if answer.is_gone:
            reason = rules.GONE
        elif failing_since and rules.is_given_up(failing_since, enabled_since, self._now()):
            reason = rules.FAILING
        else:
            return False
        if await store.disable(self._webhook, reason, self._now()):
            log.warning("webhook disabled: %s is %s", self._lane.webhook_id, reason)
        return True


async def _body(delivery: Document) -> bytes | None:
    """The body as it is sent; None if the event is gone, or is none that webhooks are told of after all."""
    if delivery["type"] == rules.PING:
        return dumps({"type": rules.PING, "timestamp": delivery["created"], "data": {}})
    event = await items.read(EVENT, delivery["event_id"], [delivery["tenant_id"], delivery["item_id"]])
    if event is None or (event_type := rules.type_of(event)) is None:
        return None
    return dumps({"type": event_type, "timestamp": event["date"], "data": shown(event)})
