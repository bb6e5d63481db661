"""Who has worked in a period that no submitted or approved timesheet of theirs covers.

Entries and timesheets are read side by side in the order of their owners, page by page. A page of the answer ends after
so many owners, or after so many entries read, whichever comes first: what a call costs is bounded.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import aclosing
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from shared import instants
from shared.auth.caller import Caller
from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import LIVE, Document
from shared.http import cursors
from shared.http.turns import large_lists
from shared.instants import format_instant, parse_instant
from shared.time_entries.rules import OVER_A_WEEK, WEEK
from shared.time_entries.timeline import IS_LOCKING
from shared.timesheets import rules
from shared.users.directory import directory
from shared.users.rules import hidden

MOST_READ = 10_000

BEHIND = "c.tenant_id = @tenant AND c.owner_id > @after AND NOT ARRAY_CONTAINS(@hidden, LOWER(c.owner_id))"
WORKED = (
    f"SELECT c.owner_id, c.start_date AS start, c.end_date AS upto FROM c WHERE {BEHIND} AND {LIVE}"
    " AND c.start_date < @beyond AND (c.end_date > @first OR IS_NULL(c.end_date))"
    # What reaches in from far away is marked, so that no history is looked through.
    f" AND (c.start_date >= @week_before OR c.{OVER_A_WEEK} = true OR IS_NULL(c.end_date)) ORDER BY c.owner_id"
)
COVERED = (
    f"SELECT c.owner_id, c.start, c['end'] AS upto FROM c WHERE {BEHIND} AND {IS_LOCKING}"
    # Those that may meet the range, by their ids, which begin with the first date; two days are what zones differ by.
    " AND c.id >= @from AND c.start < @beyond AND c['end'] > @first ORDER BY c.owner_id"
)

Span = tuple[datetime, datetime]
NOBODY: tuple[str, list[Document]] = ("", [])


async def missing(caller: Caller, query: Mapping[str, Any], now: datetime) -> tuple[list[dict[str, Any]], str | None]:
    """The users, in the order of their ids, and the cursor of the next page (None at the end).

    A running entry counts up to now. Testers are left out, as in lists. Raises ValidationError for a bad cursor.
    """
    zone = query["timezone"] or UTC
    first, last = date.fromisoformat(query["start_date"]), date.fromisoformat(query["end_date"])
    asked = instants.start_of_day(first, zone), instants.end_of_day(last, zone)
    users = await directory().known_users(caller.tenant_id)
    parameters = {
        "tenant": caller.tenant_id,
        "after": _position(query["cursor"]),
        "hidden": sorted(hidden(users, caller)),
        "first": format_instant(asked[0]),
        "beyond": format_instant(asked[1]),
    }
    week = {"week_before": format_instant(max(asked[0], instants.EARLIEST + WEEK) - WEEK)}
    earliest = {
        "from": rules.ids_from(max(rules.earliest_meeting(first), date.min + 2 * instants.DAY) - 2 * instants.DAY)
    }
    found: list[dict[str, Any]] = []
    read, done, last_owner = 0, True, ""
    async with (
        large_lists().turn(),
        aclosing(_by_owner(WORKED, parameters | week)) as worked,
        aclosing(_by_owner(COVERED, parameters | earliest)) as covered,
    ):
        lock_owner, locks = await _next(covered)
        async for owner_id, entries in worked:
            if len(found) == query["limit"] or read >= MOST_READ:
                done = False
                break
            while lock_owner and lock_owner < owner_id:
                lock_owner, locks = await _next(covered)
            theirs = locks if lock_owner == owner_id else []
            left = uncovered(asked, _spans(entries, now), _spans(theirs, now))
            read, last_owner = read + len(entries), owner_id
            if left:
                user = users.get(owner_id.lower())
                found.append(
                    {
                        "user_id": owner_id,
                        "email": user.email if user else "",
                        "name": user.name if user else "",
                        "seconds": left / 1000,
                    }
                )
    return found, None if done else cursors.encoded(last_owner)


def uncovered(asked: Span, entries: Iterable[Span], timesheets: Iterable[Span]) -> int:
    """The milliseconds of the entries that lie in the range and in no timesheet, whose periods are disjoint."""
    total = 0
    edges = [asked[0], *(edge for period in sorted(timesheets) for edge in period), asked[1]]
    free = [(max(asked[0], start), min(asked[1], end)) for start, end in list(pairwise(edges))[::2]]
    for start, end in entries:
        for since, upto in free:
            total += max(0, (min(end, upto) - max(start, since)) // rules.MILLISECOND)
    return total


async def _by_owner(text: str, parameters: Mapping[str, Any]) -> AsyncGenerator[tuple[str, list[Document]], None]:
    """The rows of a query in the order of owners, an owner at a time."""
    owner_id, rows = NOBODY
    async for page in items.pages(TIME_ENTRY, text, parameters):
        for row in page:
            if row["owner_id"] != owner_id:
                if rows:
                    yield owner_id, rows
                owner_id, rows = row["owner_id"], []
            rows.append(row)
    if rows:
        yield owner_id, rows


async def _next(owners: AsyncIterator[tuple[str, list[Document]]]) -> tuple[str, list[Document]]:
    """The next owner, NOBODY at the end. `anext` fails with a tuple as its default (CPython 3.11 and 3.13)."""
    async for owner in owners:
        return owner
    return NOBODY


def _spans(rows: Iterable[Document], now: datetime) -> list[Span]:
    return [(parse_instant(row["start"]), parse_instant(row["upto"]) if row["upto"] else now) for row in rows]


def _position(cursor: str | None) -> str:
    position = "" if cursor is None else cursors.decoded(cursor, "cursor")
    if not isinstance(position, str):
        raise cursors.malformed("cursor")
    return position
