"""The calendar itself: which entries it holds, and how each looks."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import aiohttp
import pytest
from icalendar import Calendar

from shared.auth.caller import Caller
from shared.calendar.feed import calendar, feed
from shared.catalog.references import Names
from tests.calendar.test_addresses import address, fetched
from tests.calling import Item, ago
from tests.turns import turns_during
from tests.world import World

REVISED = datetime(2026, 11, 27, 12, tzinfo=UTC)
NAMES = Names(
    {"p": {"id": "p", "name": "Backend", "customer_id": "c"}, "q": {"id": "q", "name": "Inner\nwork"}},
    {"a": {"id": "a", "name": "Development"}},
    {"c": {"id": "c", "name": "Acme, Inc."}},
    0.0,
)


def entry(description: str | None = None, **fields: str) -> Item:
    dates = {"start_date": "2026-11-05T14:00:00.5000000Z", "end_date": "2026-11-05T15:30:00.9000000Z"}
    own = {"id": "e", "project_id": "p", "activity_id": "a", "description": description, **dates, **fields}
    return own | {"_ts": int(REVISED.timestamp())}


async def shown(one: Item) -> Item:
    """The one event of a calendar, read with the library's own reader."""
    text = await calendar([one], NAMES)
    assert not text.startswith(b"\xef\xbb\xbf")
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    return {str(name).lower(): event.decoded(name, None) if name.startswith("DT") else event[name] for name in event}


async def test_an_event_has_whole_seconds_in_utc_and_a_stable_uid() -> None:
    event = await shown(entry("Review"))

    assert event["uid"] == "e@time-tracker"
    assert event["dtstart"] == datetime(2026, 11, 5, 14, tzinfo=UTC)
    assert event["dtend"] == datetime(2026, 11, 5, 15, 30, tzinfo=UTC)
    assert event["dtstamp"] == REVISED
    text = (await calendar([entry()], NAMES)).decode()
    assert "DTSTART:20261105T140000Z" in text
    assert "VERSION:2.0" in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in text
    assert "X-PUBLISHED-TTL:PT1H" in text
    assert "X-WR-CALNAME:" in text


@pytest.mark.parametrize("end", ["14:00:00.5000000", "14:00:00.9000000", "14:00:59.0000000"])
async def test_an_event_lasts_a_minute_at_least(end: str) -> None:
    event = await shown(entry(end_date=f"2026-11-05T{end}Z"))

    assert event["dtend"] - event["dtstart"] == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("description", "project", "summary"),
    [
        ("Review", "p", "Backend: Review"),
        ("Review\nof the import", "p", "Backend: Review"),
        ("\n  \nReview", "p", "Backend: Review"),
        (None, "p", "Backend"),
        ("Review", "unknown", "Review"),
        (None, "unknown", "Time entry"),
        ("a\u2028b", "q", "Inner work: a"),
        ("a\x85b\tc", "p", "Backend: a"),
    ],
)
async def test_the_summary_is_one_line_and_never_empty(description: str | None, project: str, summary: str) -> None:
    assert str((await shown(entry(description, project_id=project)))["summary"]) == summary


async def test_the_description_is_whole_and_has_no_control_characters() -> None:
    event = await shown(entry("one\r\ntwo\x07\u2029three\tfour; five, six\\seven 漢字 🙂"))

    assert str(event["description"]) == "one\ntwo \nthree four; five, six\\seven 漢字 🙂"


@pytest.mark.parametrize("written", ["C:\\new", "\\N", "\\, and \\;", "\\\\server"])
async def test_a_backslash_before_a_letter_that_readers_take_for_an_escape_is_kept_apart(written: str) -> None:
    read = str((await shown(entry(written)))["description"])

    assert read.replace("\N{WORD JOINER}", "") == written
    assert "\n" not in read


async def test_the_customer_is_the_category() -> None:
    assert (await shown(entry()))["categories"].cats == ["Acme, Inc."]
    assert "categories" not in await shown(entry(project_id="q"))


async def test_others_have_their_turn_after_each_event() -> None:
    turns, text = await turns_during(calendar([entry(id=f"e{number}") for number in range(100)], NAMES))

    assert turns >= 100
    assert len(Calendar.from_ical(text).walk("VEVENT")) == 100


async def test_it_holds_the_stopped_entries_of_the_last_90_days(world: World, http: aiohttp.ClientSession) -> None:
    await world.entry(ago(days=92), ago(days=91))
    within = [await world.entry(ago(days=89, hours=1), ago(days=89)), await world.entry(ago(hours=3), ago(hours=2))]
    await world.entry(ago(hours=2), ago(hours=1), who=world.admin)
    await world.started()

    _, _, text = await fetched(http, await address(world.user))

    uids = [str(event["UID"]) for event in Calendar.from_ical(text).walk("VEVENT")]
    assert sorted(uids) == sorted(f"{one['id']}@time-tracker" for one in within)


async def test_the_same_entries_are_the_same_bytes_whenever_they_are_asked_for(world: World) -> None:
    """Readers that keep events by their content, as Nextcloud does, write nothing anew."""
    entries = [await world.entry(ago(hours=3), ago(hours=2)), await world.entry(ago(days=91), ago(days=89))]
    caller, now = Caller(world.user.user_id, world.tenant_id), datetime.now(UTC)

    content = await feed(caller, now)

    assert await feed(caller, now + timedelta(hours=1)) == content
    # The last write, for every event: also for one that began before the 90 days.
    partition = [world.tenant_id, world.user.user_id]
    kept = [await world.app.container("time_entry").read_item(one["id"], partition_key=partition) for one in entries]
    stamps = {str(event["UID"]): event.decoded("DTSTAMP") for event in Calendar.from_ical(content).walk("VEVENT")}
    assert stamps == {f"{one['id']}@time-tracker": datetime.fromtimestamp(one["_ts"], UTC) for one in kept}


@pytest.mark.parametrize("newest", ["e", "p", "c"])
async def test_an_event_was_revised_when_what_it_shows_was_written_last(newest: str) -> None:
    written = dict.fromkeys("epc", int(REVISED.timestamp())) | {newest: int(REVISED.timestamp()) + 60}
    project = {"id": "p", "name": "Backend", "customer_id": "c", "_ts": written["p"]}
    names = Names({"p": project}, {}, {"c": {"id": "c", "name": "Acme", "_ts": written["c"]}}, 0.0)

    (event,) = Calendar.from_ical(await calendar([entry() | {"_ts": written["e"]}], names)).walk("VEVENT")

    assert event.decoded("DTSTAMP") == REVISED + timedelta(minutes=1)


async def test_a_new_name_is_a_revision(world: World) -> None:
    """Evolution and GNOME Calendar take over an event anew only where its DTSTAMP is another."""
    made = await world.entry(ago(hours=3), ago(hours=2))
    written = renamed = (await world.stored("time_entry", made))["_ts"]
    # A stamp is a whole second.
    while renamed == written:
        name = str(uuid4())
        (await world.admin.put(f"projects/{world.project['id']}", {"name": name})).ok()
        renamed = (await world.stored("project", world.project))["_ts"]

    content = await feed(Caller(world.user.user_id, world.tenant_id), datetime.now(UTC))

    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert str(event["SUMMARY"]) == name
    assert event.decoded("DTSTAMP") == datetime.fromtimestamp(renamed, UTC)


async def test_a_calendar_that_has_not_changed_is_not_sent_again(world: World, http: aiohttp.ClientSession) -> None:
    await world.entry(ago(hours=3), ago(hours=2))
    url = await address(world.user)

    async def asked(known: str = "") -> tuple[int, str, bytes]:
        async with http.get(url, headers={"If-None-Match": known} if known else {}) as answer:
            assert answer.content_type == "text/calendar"
            return answer.status, answer.headers["ETag"], await answer.read()

    status, etag, content = await asked()
    assert (status, bool(content)) == (200, True)
    # Apache's mod_deflate makes the last form of it.
    for known in (etag, etag.removeprefix("W/"), f'"another", {etag}', f'{etag[:-1]}-gzip"'):
        assert await asked(known) == (304, etag, b"")
    assert (await asked('"another"'))[0] == 200

    await world.entry(ago(hours=2), ago(hours=1))
    status, newer, _ = await asked(etag)
    assert (status, newer != etag) == (200, True)
