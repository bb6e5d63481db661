"""Demo data: a small company's catalog, its people, and some weeks of their time, written through the store."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, islice, product
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from local.demo_tokens import DEMO_TENANT
from shared import instants
from shared.auth.caller import ADMIN as ADMIN_WORD
from shared.auth.caller import Caller
from shared.catalog import store as catalog
from shared.catalog.resources import ACTIVITIES, CUSTOMERS, PROJECTS, Resource
from shared.clients import container
from shared.config import settings
from shared.cosmos import items
from shared.cosmos.containers import MIGRATION
from shared.errors import ApiError
from shared.http.etags import Precondition
from shared.instants import DEFAULT_TIMEZONE_OFFSET
from shared.logs import correlation_id
from shared.rates import store as rates
from shared.time_entries import store as time_entries
from shared.timesheets import reading as timesheets_reading
from shared.timesheets import store as timesheets
from shared.timesheets.rules import APPROVE, REJECT, REOPEN, WITHDRAW, Step
from shared.users.file_directory import FileDirectory
from shared.users.rules import DirectoryUser

RECORD = "demo-data"
USERS = 4
DAYS = 30
ECUADOR = instants.offset_zone(DEFAULT_TIMEZONE_OFFSET)
SPELLS_A_DAY = 4
PROJECTS_OF = {
    "Andes Railways": ("Timetable app", "Ticket machines"),
    "Galápagos Conservation": ("Turtle census",),
    "Quito Water": ("Meter readings", "Customer portal"),
}
# Nobody pays for it.
NOT_BILLABLE = "Turtle census"
# Of everyone's time: what the customer pays, more since a while ago, and what it costs; one customer pays in dollars.
RATES: tuple[dict[str, Any], ...] = (
    {"kind": "billable", "amount": "80.00", "currency": "EUR"},
    {"kind": "billable", "amount": "85.00", "currency": "EUR", "valid_from": 15},
    {"kind": "billable", "amount": "95.50", "currency": "USD", "customer_id": "Quito Water"},
    {"kind": "cost", "amount": "42.00", "currency": "EUR"},
)
# The last person's weeks, how long ago they were, and what became of them after they were submitted.
TIMESHEETS: tuple[tuple[int, tuple[Step, ...]], ...] = (
    (4, (Step(APPROVE, "Thank you"),)),
    (3, (Step(APPROVE, None), Step(REOPEN, "One meeting is missing"))),
    (3, (Step(REJECT, "Please say what Tuesday was for"),)),
    (3, (Step(WITHDRAW, None),)),
    (2, ()),
)
ANY_TIMESHEET: dict[str, Any] = dict.fromkeys(("user_id", "start_date", "end_date", "status", "cursor")) | {"limit": 1}
ACTIVITY_NAMES = ("Development", "Design", "Meeting", "Code review", "Support")
TASKS = (
    "Sketch the first screen",
    "Fix what the testers found",
    "Talk it over",
    "Write the tests",
    "Prepare the release",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone of the demo company."""

    name: str
    admin: bool = False

    @property
    def id(self) -> str:
        return str(uuid5(NAMESPACE_URL, self.email))

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@example.com"


ADMIN = Person("Ada Andrade", admin=True)
USER = Person("Luis Luna")
FIRST_NAMES = ("Mia", "Noah", "Olga", "Pablo", "Rosa", "Simón", "Tania", "Ulises", "Vera", "Ximena")
LAST_NAMES = ("Moreno", "Naranjo", "Ortega", "Paredes", "Quishpe", "Rivera", "Suárez", "Toapanta", "Vega", "Zurita")
MOST_USERS = 2 + len(FIRST_NAMES) * len(LAST_NAMES)


async def fill_once() -> bool:
    """Write the usual demo data unless that was done before; complete what was cut off. Returns whether it did."""
    if await items.read(MIGRATION, RECORD, RECORD):
        return False
    await fill(USERS, DAYS, lambda _entries: None)
    await container(MIGRATION).upsert_item({"id": RECORD, "applied_at": instants.format_instant(instants.now())})
    return True


async def fill(users: int, days: int, written: Callable[[int], None]) -> None:
    """Write the demo data of so many users and past days; `written` is told how many entries are done, bit by bit.

    What is there already, of this person and time, stays as it is.
    """
    everyone = people(users)
    await _directory(everyone)
    references = await _catalog()
    await asyncio.gather(*(_clock(person, days, references, written) for person in everyone))
    await _timesheets(everyone)


def entries_in(users: int, days: int) -> int:
    """How many entries `fill` comes by."""
    working = len(_working_days(days, instants.now()))
    return users * (SPELLS_A_DAY * working + (working > 1))


def people(count: int) -> list[Person]:
    """The first of the demo company's people: an administrator, then ordinary users."""
    others = (Person(f"{first} {last}") for last, first in product(LAST_NAMES, FIRST_NAMES))
    return [*islice(chain((ADMIN, USER), others), count)]


async def _directory(everyone: Iterable[Person]) -> None:
    """Put the people into the local directory file; Microsoft Graph has people of its own."""
    where = settings().directory
    if where.file and not where.graph:
        await FileDirectory(where.file).add(
            DirectoryUser(
                person.id,
                DEMO_TENANT,
                person.name,
                person.email,
                roles=(ADMIN_WORD,) if person.admin else (),
                groups=(ADMIN_WORD,) if person.admin else (),
            )
            for person in everyone
        )


async def example() -> dict[str, str]:
    """A project and an activity of the demo data, to clock in with."""
    projects, activities = await asyncio.gather(
        catalog.everything(PROJECTS, DEMO_TENANT), catalog.everything(ACTIVITIES, DEMO_TENANT)
    )
    return {"project_id": projects[0]["id"], "activity_id": activities[0]["id"]}


async def _catalog() -> list[dict[str, str]]:
    """The catalog's items; returns every combination of a project and an activity."""
    customers = {name: await _item(CUSTOMERS, {"name": name}) for name in PROJECTS_OF}
    projects = [
        await _item(PROJECTS, {"name": name, "customer_id": customers[customer], "billable": name != NOT_BILLABLE})
        for customer, names in PROJECTS_OF.items()
        for name in names
    ]
    await _rates(customers)
    activities = [await _item(ACTIVITIES, {"name": name}) for name in ACTIVITY_NAMES]
    return [{"project_id": project, "activity_id": activity} for project in projects for activity in activities]


async def _rates(customers: Mapping[str, str]) -> None:
    """The rates, where there are none yet; `valid_from` is how many days ago they begin."""
    if await rates.rates_of(DEMO_TENANT):
        return
    today = instants.to_local(instants.now(), ECUADOR).date()
    for rate in RATES:
        since = rate.get("valid_from")
        fields = dict.fromkeys(("user_id", "project_id", "customer_id", "activity_id")) | rate
        fields["customer_id"] = customers.get(rate.get("customer_id", ""))
        fields["valid_from"] = (today - timedelta(days=since)).isoformat() if since else None
        await rates.create(_caller(ADMIN), instants.now(), fields)


async def _item(resource: Resource, fields: Mapping[str, Any]) -> str:
    """The id of the item with these fields, made if it is not there."""
    for item in await catalog.everything(resource, DEMO_TENANT):
        if fields.items() <= item.items():
            return str(item["id"])
    empty: dict[str, Any] = {"description": None, "status": "active", "technologies": [], "billable": True}
    defaults = {name: empty.get(name) for name in resource.fields}
    return str((await catalog.create(resource, _caller(ADMIN), instants.now(), {**defaults, **fields}))["id"])


async def _clock(person: Person, days: int, references: list[dict[str, str]], written: Callable[[int], None]) -> None:
    dice = random.Random(person.id)  # noqa: S311 - the same data for everyone
    for start, end in _spells(dice, _working_days(days, instants.now())):
        fields: dict[str, Any] = {
            **dice.choice(references),
            "description": dice.choice(TASKS),
            "start_date": start,
            "end_date": end,
            "uri": None,
            "technologies": [],
            "timezone_offset": DEFAULT_TIMEZONE_OFFSET,
            "billable": None,
        }
        try:
            await time_entries.create(_caller(person), instants.now(), fields)
        except ApiError as error:
            # It is there from a run before.
            if error.code not in {"time_entry_overlap", "period_locked"}:
                raise
        written(1)


async def _timesheets(everyone: Sequence[Person]) -> None:
    """A timesheet in each state, of three weeks that are over, where there is none yet.

    Of the last week, and of this one, nobody's are submitted: so there is time that can be changed, and somebody is
    missing.
    """
    caller, decider = _caller(everyone[-1]), _caller(ADMIN)
    if (await timesheets_reading.page(caller, ANY_TIMESHEET))[0]:
        return
    now = instants.now()
    today = instants.to_local(now, ECUADOR).date()
    monday = today - timedelta(days=today.weekday())
    for weeks_ago, steps in TIMESHEETS:
        first = monday - timedelta(weeks=weeks_ago)
        period = {"start_date": first.isoformat(), "end_date": (first + timedelta(days=6)).isoformat()}
        fields = {**period, "timezone": instants.zone_named("America/Guayaquil"), "comment": None}
        timesheet = await timesheets.submit(caller, now, fields)
        for step in steps:
            who = caller if step.transition is WITHDRAW else decider
            await timesheets.decide(who, now, timesheet["id"], step, Precondition(None))


def _working_days(days: int, now: datetime) -> list[date]:
    """Those among the days before today, oldest first."""
    today = instants.to_local(now, ECUADOR).date()
    before = (today - timedelta(days=ago) for ago in range(days, 0, -1))
    return [day for day in before if day.weekday() < 5]


def _spells(dice: random.Random, days: Iterable[date]) -> Iterator[tuple[datetime, datetime]]:
    """Some spells of work on each day, and one over the first midnight, as instants."""
    days = list(days)
    if len(days) > 1:
        late = datetime.combine(days[0], time(22, 30))
        yield instants.from_local(late, ECUADOR), instants.from_local(late + timedelta(hours=2, minutes=30), ECUADOR)
    for day in days:
        start = datetime.combine(day, time(8)) + timedelta(minutes=dice.randrange(60))
        for _ in range(SPELLS_A_DAY):
            end = start + timedelta(minutes=dice.randrange(30, 120))
            yield instants.from_local(start, ECUADOR), instants.from_local(end, ECUADOR)
            start = end + timedelta(minutes=dice.randrange(30))


def _caller(person: Person) -> Caller:
    """The person, in a request of their own."""
    correlation_id.set(uuid4().hex)
    return Caller(person.id, DEMO_TENANT, is_admin=person.admin)
