"""Lists of time entries: ranges, months, filters, whose entries, and pages."""

from typing import Any
from uuid import uuid4

import pytest

from tests.calling import Item, Person, ago, at
from tests.world import World

DAY = {"start_date": at("00:00"), "end_date": at("23:00")}


async def listed(person: Person, **query: Any) -> list[str]:
    return [entry["id"] for entry in (await person.get("time-entries", query)).ok()]


async def test_there_is_an_empty_list_when_there_is_none(world: World) -> None:
    assert (await world.user.get("time-entries")).ok() == []
    assert (await world.user.get("time-entries", DAY)).ok() == []
    assert (await world.admin.get("time-entries", {**DAY, "user_id": "*"})).ok() == []
    assert (await world.user.get("time-entries/latest")).ok() == []
    assert (await world.user.get("time-entries/paginated")).ok() == {"records_total": 0, "data": []}


async def test_the_newest_start_comes_first(world: World) -> None:
    entries = [await world.entry(f"{hour:02}:00", f"{hour:02}:30") for hour in (12, 8, 17, 10)]

    found = (await world.user.get("time-entries", DAY)).ok()

    assert found == sorted(entries, key=lambda entry: str(entry["start_date"]), reverse=True)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("08:00", "12:00", "first second"),
        ("10:00", "11:30", "first second"),
        ("09:00", "10:30", "first"),
        ("10:30", "10:45", "first"),
        ("10:30", "11:15", "first second"),
        ("11:30", "11:45", "second"),
        ("09:00", "10:00", ""),
        ("12:00", "13:00", ""),
        ("11:00", "11:00:00.001", "second"),
        ("10:59:59.999", "11:00", "first"),
        (None, "10:30", "first"),
        ("11:30", None, "second"),
        (None, "10:00", ""),
        ("12:00", None, ""),
    ],
)
@pytest.mark.parametrize("everyone", [False, True])
async def test_an_entry_belongs_when_its_interval_meets_the_range(
    world: World, start: str | None, end: str | None, expected: str, everyone: bool
) -> None:
    ids = {
        (await world.entry("10:00", "11:00"))["id"]: "first",
        (await world.entry("11:00", "12:00"))["id"]: "second",
    }
    query = {name: f"2024-03-05T{clock}Z" for name, clock in (("start_date", start), ("end_date", end)) if clock}
    who, query = (world.admin, {**query, "user_id": "*"}) if everyone else (world.user, query)

    found = await listed(who, **query)

    assert [ids[one] for one in reversed(found)] == expected.split()
    page = (await who.get("time-entries/paginated", query)).ok()
    assert ([entry["id"] for entry in page["data"]], page["records_total"]) == (found, len(found))


@pytest.mark.parametrize("everyone", [False, True])
async def test_a_running_entry_meets_every_range_after_its_start(world: World, everyone: bool) -> None:
    timer = await world.started(start_date=at("10:00"))
    who, more = (world.admin, {"user_id": "*"}) if everyone else (world.user, {})

    for start, end in ((at("09:00"), at("11:00")), (at("12:00"), at("13:00")), (ago(minutes=1), ago(minutes=0))):
        assert await listed(who, start_date=start, end_date=end, **more) == [timer["id"]]
    assert await listed(who, start_date=at("08:00"), end_date=at("10:00"), **more) == []
    assert await listed(who, **more) == [timer["id"]]


@pytest.mark.parametrize("everyone", [False, True])
async def test_a_month_holds_what_reaches_into_it(world: World, everyone: bool) -> None:
    """In Ecuador, the default, March 2024 goes from 05:00 UTC on the first to 05:00 UTC on the first of April."""
    dates = [
        ("2024-02-01T12:00:00Z", "2024-02-02T12:00:00Z"),
        ("2024-03-01T04:00:00Z", "2024-03-01T05:00:00Z"),
        ("2024-03-01T05:00:00Z", "2024-03-01T06:00:00Z"),
        ("2024-04-01T04:00:00Z", "2024-04-01T04:59:00Z"),
        ("2024-04-01T04:59:00Z", "2024-04-01T06:00:00Z"),
        ("2024-04-01T06:00:00Z", "2024-04-02T05:00:00Z"),
    ]
    ids = [(await world.entry(*pair))["id"] for pair in dates]
    who, more = (world.admin, {"user_id": world.user.user_id}) if everyone else (world.user, {})

    async def month(number: int, **query: Any) -> list[int]:
        return [ids.index(one) for one in reversed(await listed(who, month=number, year=2024, **more, **query))]

    assert await month(3) == [2, 3, 4]
    assert await month(4) == [4, 5]
    assert await month(2) == [0, 1]
    assert await month(5) == []
    assert await month(3, timezone_offset=0) == [1, 2]
    assert await month(4, timezone_offset=0) == [3, 4, 5]
    assert await month(3, timezone_offset=360) == [3, 4]
    assert await month(2, timezone_offset=-840) == [0]


async def test_an_entry_from_the_month_before_reaches_in_last(world: World) -> None:
    reaching = await world.entry("2024-02-20T00:00:00Z", "2024-03-02T00:00:00Z")
    inside = await world.entry("10:00", "11:00")

    assert await listed(world.user, month=3, year=2024) == [inside["id"], reaching["id"]]
    assert await listed(world.user, month=3, year=2024, limit=1) == [inside["id"]]
    assert await listed(world.user, month=2, year=2024, timezone_offset=0) == [reaching["id"]]


async def test_an_entry_may_span_months(world: World) -> None:
    long = await world.entry("2023-01-15T00:00:00Z", "2024-06-15T00:00:00Z")

    for month, year in ((1, 2023), (7, 2023), (6, 2024)):
        assert await listed(world.user, month=month, year=year) == [long["id"]]
        assert await listed(world.admin, month=month, year=year, user_id="*") == [long["id"]]
    assert await listed(world.user, month=7, year=2024) == []


async def test_dates_go_before_a_month(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    assert await listed(world.user, **DAY, month=1, year=2020) == [entry["id"]]


async def test_filters_by_project_activity_and_uri(world: World) -> None:
    project, activity = await world.project_named("Other"), await world.activity_named("Other")
    plain = await world.entry("08:00", "09:00", uri="ticket 7")
    by_project = await world.entry("09:00", "10:00", project_id=project["id"], uri="https://x.example/a?b=c&d=é#e")
    by_activity = await world.entry("10:00", "11:00", activity_id=activity["id"])
    ids = [entry["id"] for entry in (by_activity, by_project, plain)]

    async def found(**query: Any) -> list[str]:
        one = await listed(world.user, **DAY, **query)
        page = (await world.user.get("time-entries/paginated", {**DAY, **query})).ok()
        assert ([entry["id"] for entry in page["data"]], page["records_total"]) == (one, len(one))
        assert await listed(world.admin, **DAY, **query, user_id="*") == one
        return one

    assert await found() == ids
    assert await found(project_id=project["id"]) == ids[1:2]
    assert await found(project_id=f"{project['id']},{world.project['id']}") == ids
    assert await found(project_id=str(uuid4())) == []
    assert await found(activity_id=activity["id"]) == ids[:1]
    assert await found(activity_id=world.activity["id"]) == ids[1:]
    assert await found(project_id=project["id"], activity_id=activity["id"]) == []
    assert await found(uri="ticket 7") == ids[2:]
    assert await found(uri=by_project["uri"]) == ids[1:2]
    assert await found(uri="ticket") == []


@pytest.mark.parametrize("everyone", [False, True])
async def test_a_filter_does_not_hide_what_reaches_in(world: World, everyone: bool) -> None:
    """The entry before the range is the one that counts, whatever it is for; one before that can't reach in."""
    other = await world.project_named("Other")
    await world.entry("08:00", "09:00", project_id=other["id"])
    reaching = await world.entry("09:00", "11:00")
    who, more = (world.admin, {"user_id": "*"}) if everyone else (world.user, {})
    query = {"start_date": at("10:00"), "end_date": at("12:00"), **more}

    assert await listed(who, **query, project_id=other["id"]) == []
    assert await listed(who, **query, project_id=world.project["id"]) == [reaching["id"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 9999])
async def test_a_limit_cuts_the_oldest_off(world: World, limit: int) -> None:
    ids = [(await world.entry(f"{hour}:00", f"{hour}:30"))["id"] for hour in (12, 11, 10)]

    assert await listed(world.user, **DAY, limit=limit) == ids[:limit]


@pytest.mark.parametrize("limit", ["0", "-1", "10000", "x", "1.5", "1e3", "1_0", "٣", "2,3", "999999999999999999999"])
async def test_a_limit_that_is_none_is_400(world: World, limit: str) -> None:
    assert list((await world.user.get("time-entries", {"limit": limit})).refused(400)["errors"]) == ["limit"]


@pytest.mark.parametrize("name", ["project_id", "activity_id"])
@pytest.mark.parametrize(
    "value", ["7", "*", "0f2c9e5b-7d1a-4c86-9b3e-5a4d7c8e1f60,x", "00000000000000000000000000000000"]
)
async def test_an_id_in_a_filter_that_is_none_is_400(world: World, name: str, value: str) -> None:
    for path in ("time-entries", "time-entries/paginated"):
        assert list((await world.user.get(path, {name: value})).refused(400)["errors"]) == [name]


@pytest.mark.parametrize("path", ["time-entries", "time-entries/paginated"])
async def test_only_an_admin_asks_for_others(world: World, path: str) -> None:
    for value in ("*", world.user.user_id, world.admin.user_id):
        (await world.user.get(path, {"user_id": value})).refused(403)


async def test_an_admin_lists_everyone_some_or_himself(world: World) -> None:
    one, two = world.person(), world.person()
    entries = {
        "one": await world.entry("10:00", "11:00", who=one),
        "two": await world.entry("10:30", "11:30", who=two),
        "admin": await world.entry("11:00", "12:00", who=world.admin),
    }
    names = {entry["id"]: name for name, entry in entries.items()}

    async def found(**query: Any) -> list[str]:
        return [names[entry_id] for entry_id in await listed(world.admin, **DAY, **query)]

    assert await found() == ["admin"]
    assert await found(user_id="*") == ["admin", "two", "one"]
    assert await found(user_id="*", limit=2) == ["admin", "two"]
    assert await found(user_id=one.user_id) == ["one"]
    assert await found(user_id=f"{one.user_id},{two.user_id}") == ["two", "one"]
    assert await found(user_id=world.admin.user_id) == ["admin"]
    assert await found(user_id=str(uuid4())) == []
    everyone = (await world.admin.get("time-entries/paginated", {**DAY, "user_id": "*", "length": 2})).ok()
    assert everyone["records_total"] == 3
    assert [names[entry["id"]] for entry in everyone["data"]] == ["admin", "two"]


async def test_an_admins_list_ends_at_the_tenant(world: World) -> None:
    await world.entry("10:00", "11:00")
    stranger = Person(world.user.http, world.app.url, str(uuid4()), admin=True)

    assert await listed(stranger, **DAY, user_id="*") == []
    assert await listed(stranger, **DAY, user_id=world.user.user_id) == []


async def test_everyones_reaching_entries_are_listed(world: World) -> None:
    people = [world.person() for _ in range(3)]
    ids = {(await world.entry("08:00", "12:00", who=person))["id"] for person in people}
    late = (await world.entry("11:00", "11:30"))["id"]

    found = await listed(world.admin, start_date=at("10:00"), end_date=at("11:15"), user_id="*")

    assert (found[0], set(found[1:])) == (late, ids)


async def everything(person: Person, length: int, **query: Any) -> list[Item]:
    """All pages, of so many each, put together: up to the first that is empty."""
    entries: list[Item] = []
    for _ in range(20):
        where = {**DAY, **query, "start": len(entries), "length": length}
        page = (await person.get("time-entries/paginated", where)).ok()
        assert len(page["data"]) <= length
        if not page["data"]:
            return entries
        entries += page["data"]
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("length", [1, 2, 3, 5, 100])
async def test_pages_put_together_are_the_list(world: World, length: int) -> None:
    reaching = await world.entry(at("12:00", "2024-03-04"), "01:00")
    for hour in range(8, 12):
        await world.entry(f"{hour:02}:00", f"{hour:02}:30")
    whole = (await world.user.get("time-entries", DAY)).ok()

    assert len(whole) == 5
    assert whole[-1] == reaching
    assert await everything(world.user, length) == whole
    assert [one["id"] for one in await everything(world.admin, length, user_id="*")] == [one["id"] for one in whole]


async def test_the_total_counts_everything_whatever_the_page(world: World) -> None:
    for hour in range(8, 12):
        await world.entry(f"{hour:02}:00", f"{hour:02}:30")

    for start, length, expected in ((0, 1, 1), (3, 10, 1), (4, 10, 0), (100, 10, 0), (0, 9999, 4)):
        page = (await world.user.get("time-entries/paginated", {**DAY, "start": start, "length": length})).ok()
        assert (page["records_total"], len(page["data"])) == (4, expected)


@pytest.mark.parametrize(
    "query", [{"start": "-1"}, {"start": "x"}, {"length": "0"}, {"length": "10000"}, {"length": "x"}]
)
async def test_a_page_that_is_none_is_400(world: World, query: dict[str, str]) -> None:
    assert set((await world.user.get("time-entries/paginated", query)).refused(400)["errors"]) == set(query)


async def test_a_list_of_more_than_one_page_of_the_database_is_whole(world: World) -> None:
    """1,100 entries, written as the store would; the database answers 1,000 at a time."""
    model = await world.stored("time_entry", await world.entry("00:00", "00:00:30"))
    own = {name: value for name, value in model.items() if not name.startswith("_")}
    container = world.app.container("time_entry")
    for batch in range(11):
        operations: list[Any] = [
            ("create", ({**own, "id": str(uuid4()), **minute(batch * 100 + number)},), {}) for number in range(100)
        ]
        await container.execute_item_batch(operations, partition_key=[world.tenant_id, world.user.user_id])

    query = {"start_date": at("00:00"), "end_date": at("00:00", "2024-03-31")}
    found = (await world.user.get("time-entries", query)).ok()

    assert len(found) == len({entry["id"] for entry in found}) == 1101
    assert found == sorted(found, key=lambda entry: str(entry["start_date"]), reverse=True)
    assert (await world.admin.get("time-entries", {**query, "user_id": "*"})).ok() == [
        {**entry, "owner_email": None} for entry in found
    ]
    page = (await world.user.get("time-entries/paginated", {**query, "start": 1050, "length": 100})).ok()
    assert (page["records_total"], page["data"]) == (1101, found[1050:])


def minute(number: int) -> dict[str, str]:
    """The dates of the entry that fills that minute of the sixth and the days after it."""
    day, rest = divmod(number, 24 * 60)
    clock = f"{rest // 60:02}:{rest % 60:02}"
    return {
        "start_date": at(clock, f"2024-03-{6 + day:02}"),
        "end_date": at(f"{clock}:30", f"2024-03-{6 + day:02}"),
    }


async def test_a_uri_with_commas_is_one_uri(world: World) -> None:
    """Only ids are lists; a link may hold any comma."""
    wanted = await world.entry("10:00", "11:00", uri="T-1,,T-2, null")
    await world.entry("11:00", "12:00", uri="T-1")

    found = (await world.user.get("time-entries", {"uri": "T-1,,T-2, null", **DAY})).ok()

    assert [entry["id"] for entry in found] == [wanted["id"]]
