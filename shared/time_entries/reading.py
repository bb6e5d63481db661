"""Reading time entries: one, the latest ones, and what was worked. The running one is read by `timeline.py`."""

from datetime import datetime, timedelta, tzinfo

from shared.auth.caller import Caller
from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import IS_ITEM, LIVE, Document
from shared.errors import ApiError
from shared.instants import format_instant
from shared.time_entries import lists, worked_time
from shared.time_entries.lists import ListFilters
from shared.time_entries.schemas import MOST_ENTRIES
from shared.time_entries.timeline import interval_of
from shared.time_entries.worked_time import Worked

ANYONES = f"SELECT * FROM c WHERE c.tenant_id = @tenant AND c.id = @id AND {LIVE}"
ANYONES_EVER = f"SELECT * FROM c WHERE c.tenant_id = @tenant AND c.id = @id AND {IS_ITEM}"
# The running one, and what ended since: of the dates, no more is needed.
WORKED_SINCE = f"SELECT c.start_date, c.end_date FROM c WHERE (c.end_date > @since OR IS_NULL(c.end_date)) AND {LIVE}"
NEWEST_PROJECTS = f"SELECT TOP 20 VALUE c.project_id FROM c WHERE {LIVE} ORDER BY c.start_date DESC"
LATEST = timedelta(days=31)
MOMENT = timedelta(minutes=1)


async def get(caller: Caller, entry_id: str) -> Document:
    """The entry with this id, if the caller may read it: their own, for an administrator any of the tenant.

    Raises ApiError 404.
    """
    entry = await items.read_live(TIME_ENTRY, entry_id, [caller.tenant_id, caller.user_id])
    if entry:
        return entry
    if caller.may_read_others:
        found = await items.query(TIME_ENTRY, ANYONES, {"tenant": caller.tenant_id, "id": entry_id})
        if found:
            return dict(found[0])
    raise _not_found()


async def get_any(caller: Caller, entry_id: str) -> Document:
    """The same, deleted or not. Raises ApiError 404."""
    entry = await items.read(TIME_ENTRY, entry_id, [caller.tenant_id, caller.user_id])
    if entry and items.is_item(entry):
        return entry
    if caller.may_read_others:
        found = await items.query(TIME_ENTRY, ANYONES_EVER, {"tenant": caller.tenant_id, "id": entry_id})
        if found:
            return dict(found[0])
    raise _not_found()


async def latest(caller: Caller, now: datetime) -> list[Document]:
    """The newest entry of each of the caller's projects within the last 31 days, newest start first."""
    # The range is half-open, and an entry may have been started at this very instant.
    filters = ListFilters(now - LATEST, now + MOMENT, is_recent=True)
    found = await lists.entries(caller, filters, MOST_ENTRIES)
    newest: dict[str, Document] = {}
    async for page in found.pages():
        for entry in page:
            newest.setdefault(entry["project_id"], entry)
    return [*newest.values()]


async def summary(caller: Caller, now: datetime, zone: tzinfo) -> dict[str, Worked]:
    """What the caller has worked in the current local day, week and month, the running entry counted up to now."""
    since = min(period.start for period in worked_time.periods(now, zone).values())
    partition = [caller.tenant_id, caller.user_id]
    found = await items.query(TIME_ENTRY, WORKED_SINCE, {"since": format_instant(since)}, partition)
    begun = (interval for interval in map(interval_of, found) if interval.start < now + MOMENT)
    return worked_time.worked(begun, now, zone)


async def newest_project_ids(caller: Caller) -> list[str]:
    """The projects of the caller's 20 newest entries, newest first, with repetitions."""
    partition = [caller.tenant_id, caller.user_id]
    return [str(project_id) for project_id in await items.query(TIME_ENTRY, NEWEST_PROJECTS, {}, partition)]


def _not_found() -> ApiError:
    return ApiError(404, "time_entry_not_found", "There is no such time entry")
