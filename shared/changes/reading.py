"""What changed for a caller since a cursor: in their own partition, and in the catalog of their tenant.

Their own partition is asked at every call. Of the catalog, only the feed is asked that announces its writes; if it has
news, the five catalog feeds are. What was written without an announcement (by hand, or by an older version during a
rollout) is found as well, within minutes: a call also asks two feeds whose end was last seen some time ago.
"""

import asyncio
from datetime import datetime
from operator import attrgetter
from typing import Any

from shared.auth.caller import Caller
from shared.catalog import store as catalog
from shared.changes.answers import change_of
from shared.changes.cursor import Cursor
from shared.changes.feeds import Feed, Page, State

# A page holds what is shown and, beside it, timelines and outbox documents: about two for each entry of late.
SMALLEST_PAGE = 100
LARGEST_PAGE = 500
# What can't be read in so many trips comes with the next call.
MOST_ROUNDS = 10
ASKED_AGAIN_AFTER_MINUTES = 10
ASKED_AGAIN_AT_ONCE = 2

Change = dict[str, Any]


async def changes(caller: Caller, now: datetime, cursor: Cursor, limit: int) -> list[Change]:
    """At most `limit` changes since the cursor, which moves behind them. Raises ApiError 410, 429 or 503.

    All feeds that are due are asked side by side. Of those that are known to have more, the first one alone: what would
    not fit into the answer would be read in vain.
    """
    reader = _Reader(caller, now, cursor, limit)
    await reader.begin()
    for _ in range(MOST_ROUNDS):
        if not await reader.round():
            break
    return reader.shown


async def go_to_now(now: datetime, cursor: Cursor) -> None:
    """Move the cursor behind everything that is there. Raises ApiError 429 or 503."""
    await cursor.announced.go_to_its_end()
    await asyncio.gather(*(feed.go_to_its_end() for feed in (cursor.own, *cursor.catalog)))
    for feed in cursor.catalog:
        feed.asked_at = _minute(now)


class _Reader:
    """The rounds of one call."""

    def __init__(self, caller: Caller, now: datetime, cursor: Cursor, limit: int) -> None:
        self.shown: list[Change] = []
        self._caller = caller
        self._now = now
        self._cursor = cursor
        self._limit = limit
        self._size = min(max(limit, SMALLEST_PAGE), LARGEST_PAGE)

    async def begin(self) -> None:
        """Decide what is due at once."""
        announced = self._cursor.announced
        if announced.continuation is None:
            # Before any of the catalog is read: whatever is announced from here on is seen later.
            await announced.go_to_its_end()
        else:
            announced.state = State.TO_BE_ASKED
        out_of_sight = _minute(self._now) - ASKED_AGAIN_AFTER_MINUTES
        old = sorted((f for f in self._cursor.catalog if f.asked_at <= out_of_sight), key=attrgetter("asked_at"))
        for feed in (self._cursor.own, *old[:ASKED_AGAIN_AT_ONCE]):
            if feed.state is State.AT_ITS_END:
                feed.state = State.TO_BE_ASKED

    async def round(self) -> bool:
        """Read a page of each feed that is due; whether there may be more for this call."""
        # The catalog first: what entries refer to. The announcements last: they make feeds due once more that were
        # asked beside them.
        feeds = (*self._cursor.catalog, self._cursor.own, self._cursor.announced)
        due = [feed for feed in feeds if feed.state is State.TO_BE_ASKED]
        due += [feed for feed in feeds if feed.state is State.BEHIND][:1]
        pages = await asyncio.gather(*(feed.page(self._size) for feed in due))
        for feed, page in zip(due, pages, strict=True):
            if page is None:
                feed.state, feed.asked_at = State.AT_ITS_END, _minute(self._now)
            elif feed is self._cursor.announced:
                self._heed(feed, page)
            else:
                self._show(feed, page)
        return bool(due) and len(self.shown) < self._limit

    def _show(self, feed: Feed, page: Page) -> None:
        count = 0
        for document in page.documents:
            change = change_of(self._caller, feed.container_id, document)
            if change:
                if len(self.shown) == self._limit:
                    break
                self.shown.append(change)
            count += 1
        feed.pass_by(page, count)
        all_passed = count == len(page.documents) and not page.is_full
        feed.state = State.TO_BE_ASKED if all_passed else State.BEHIND

    def _heed(self, announced: Feed, page: Page) -> None:
        """While a write is under way, stay before its announcement: the next call finds it again."""
        if catalog.tell_of_writes(page.documents):
            for feed in self._cursor.catalog:
                if feed.state is State.AT_ITS_END:
                    feed.state = State.TO_BE_ASKED
        announced.state = State.AT_ITS_END
        if not catalog.tell_of_open_writes(page.documents, self._now.timestamp()):
            announced.pass_by(page, len(page.documents))
            if page.is_full:
                announced.state = State.TO_BE_ASKED


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // 60
