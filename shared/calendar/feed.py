"""A user's calendar as iCalendar (RFC 5545): one event for each stopped entry of the last 90 days.

What readers of calendars make of it decides its form; `tests/clients/test_calendar_readers.py` shows some of them.

The same entries are the same bytes at each call. Nextcloud, for one, tells by a digest of its content whether an event
of a subscription has changed. Where DTSTAMP is the present, each look writes every event anew: 189,000 rows a day, of a
calendar of 2,621 events (nextcloud/server, pull request 58193).
"""

import asyncio
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from icalendar import Calendar, Event, vDuration

from shared.auth.caller import Caller
from shared.catalog.references import Names, names_for
from shared.cosmos.items import Document
from shared.instants import parse_instant
from shared.time_entries import lists
from shared.time_entries.lists import ListFilters
from shared.time_entries.schemas import MOST_ENTRIES

REACH = timedelta(days=90)
# A range is half-open, and an entry may end at this very instant.
MOMENT = timedelta(minutes=1)
# Readers leave out what has no length, or make an hour of it.
SHORTEST = timedelta(minutes=1)
REFRESH = timedelta(hours=1)
PRODUCT = "-//Time tracker//Time entries//EN"
NAME = "Time entries"
UNNAMED = "Time entry"
LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
# Where a text has `\n`, node-ical 0.26 and khal 0.10 read a line break, and icalendar 7.3 itself writes one for `\N`.
# Of `\,` `\;` and `\\` khal drops a backslash. A word joiner, which nobody sees, keeps it apart from what follows.
ESCAPES = re.compile(r"\\(?=[nN,;\\])")
APART = "\\\\\N{WORD JOINER}"


async def feed(caller: Caller, now: datetime) -> bytes:
    """The caller's calendar. Raises ApiError 429 or 503."""
    filters = ListFilters(now - REACH, now + MOMENT, is_recent=False, revised=True)
    found = await lists.entries(caller, filters, MOST_ENTRIES)
    entries = [entry async for page in found.pages() for entry in page if entry["end_date"] is not None]
    return await calendar(entries, await names_for(caller.tenant_id, entries))


def etag_of(content: bytes) -> str:
    """The entity tag of a calendar: a weak one, for it may be sent with gzip and without."""
    return f'W/"{blake2b(content, digest_size=12).hexdigest()}"'


async def calendar(entries: Iterable[Document], names: Names) -> bytes:
    """These entries as a calendar.

    All requests share one thread, and an event takes as long as a hundred entries of a list: others have their turn
    after each.
    """
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("x-wr-calname", NAME)
    made.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    # What Outlook reads instead ([MS-OXCICAL]).
    made.add("x-published-ttl", vDuration(REFRESH))
    events = []
    for entry in entries:
        events.append(_event(entry, names).to_ical())
        await asyncio.sleep(0)
    before, end, line_end = made.to_ical().rpartition(b"END:VCALENDAR")
    return b"".join((before, *events, end, line_end))


def _event(entry: Document, names: Names) -> Event:
    start, end = (parse_instant(entry[name]).replace(microsecond=0) for name in ("start_date", "end_date"))
    description = _plain(entry.get("description") or "")
    named = names.of(entry)
    made = Event()
    made.add("uid", f"{entry['id']}@time-tracker")
    made.add("dtstamp", _revised(entry, names))
    made.add("dtstart", start)
    made.add("dtend", max(end, start + SHORTEST))
    made.add("summary", _summary(named["project_name"] or "", description))
    if description:
        made.add("description", description)
    if customer := _line(named["customer_name"] or ""):
        made.add("categories", [customer])
    return made


def _revised(entry: Document, names: Names) -> datetime:
    """When what the event shows was written last: the entry, its project or its customer.

    Where there is no METHOD, DTSTAMP is that (RFC 5545, 3.8.7.2), not when it is asked for. Evolution and GNOME
    Calendar (evolution-data-server 3.46) tell by it alone whether an event has changed, be it only the project's name.
    """
    project = names.projects.get(entry["project_id"], {})
    customer = names.customers.get(project.get("customer_id") or "", {})
    written = max(entry["_ts"], project.get("_ts", 0), customer.get("_ts", 0))
    return datetime.fromtimestamp(written, UTC)


def _summary(project: str, description: str) -> str:
    first = next((line for line in description.split("\n") if line.strip()), "")
    return ": ".join(filter(None, (_line(project), _line(first)))) or UNNAMED


def _plain(text: str) -> str:
    """Text without control characters, its lines ended by a line feed."""
    return ESCAPES.sub(APART, CONTROLS.sub(" ", LINE_ENDS.sub("\n", text)))


def _line(text: str) -> str:
    return " ".join(_plain(text).split())
