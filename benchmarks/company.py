"""The data to measure on, made over HTTP, so that any server with this contract can be filled with it."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp

from benchmarks.calls import Person
from benchmarks.issuer import Issuer
from local.demo_tokens import token

# Four spells a day, some 120 a month: somebody who changes tasks.
SPELL = timedelta(hours=6)
WORKED = timedelta(hours=5, minutes=50)
PROJECTS = 12


@dataclass(frozen=True, slots=True)
class Company:
    """One tenant. Those who read have worked since the first of last month, the first of them is an administrator.

    Those who write have not: what they clock in and out would make the lists of the others longer all the time. Each
    caller writes as several of them in turn. A person who starts a timer a few milliseconds after they stopped one
    meets their own entry, because a stopped entry lasts a tenth of a second at least. Nobody clocks in like that, and
    an earlier edition asks two queries more for it.
    """

    readers: list[Person]
    writers: list[Person]

    @property
    def admin(self) -> Person:
        return self.readers[0]


async def found(url: str, size: int, issuer: Issuer | None = None, *, writers_each: int = 1) -> Company:
    """A new tenant at the server at `url`, with so many readers, and for each of them so many writers.

    Their tokens are the issuer's, if there is one.
    """
    tenant_id, now = issuer.tenant_id if issuer else str(uuid4()), datetime.now(UTC)
    async with aiohttp.ClientSession(f"{url}/api/") as session:
        made = Maker(session)
        projects, activity_id = await catalog_of(made, tenant_id, issuer)
        people = [
            person_of(str(uuid4()), tenant_id, projects[0], activity_id, admin=number == 0, issuer=issuer)
            for number in range((1 + writers_each) * size)
        ]
        readers = await asyncio.gather(*(_worked(made, one, projects, now) for one in people[:size]))
        barely = last_month(now) + SPELL
        writers = await asyncio.gather(*(_worked(made, one, projects, barely) for one in people[size:]))
    return Company(readers, writers)


class Maker:
    """Makes items over HTTP; RuntimeError for one that is refused."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __call__(self, path: str, bearer: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._session.post(path, json=body, headers={"Authorization": f"Bearer {bearer}"}) as answer:
            item: dict[str, Any] = await answer.json()
            if answer.status != 201:
                raise RuntimeError(f"POST {path}: {answer.status} {item}")
            return item


async def catalog_of(made: Maker, tenant_id: str, issuer: Issuer | None = None) -> tuple[list[str], str]:
    """The ids of a new tenant's projects and of its activity."""
    bearer = _signer(issuer)(str(uuid4()), "admin@example.com", "Admin", tenant_id=tenant_id, admin=True)
    customer = await made("customers", bearer, {"name": "Customer"})
    projects = [
        await made("projects", bearer, {"name": f"Project {number}", "customer_id": customer["id"]})
        for number in range(PROJECTS)
    ]
    activity = await made("activities", bearer, {"name": "Activity"})
    return [project["id"] for project in projects], activity["id"]


def person_of(  # noqa: PLR0913 - who, and where they belong
    user_id: str,
    tenant_id: str,
    project_id: str,
    activity_id: str,
    *,
    admin: bool = False,
    issuer: Issuer | None = None,
) -> Person:
    """Somebody of that tenant, who has no entry yet."""
    bearer = _signer(issuer)(user_id, f"{user_id}@example.com", "Somebody", tenant_id=tenant_id, admin=admin)
    first = last_month(datetime.now(UTC))
    month = f"month={first.month}&year={first.year}&timezone_offset=0"
    return Person(bearer, user_id, tenant_id, project_id, activity_id, "", month)


def _signer(issuer: Issuer | None) -> Callable[..., str]:
    return issuer.token if issuer else token


async def _worked(made: Maker, person: Person, projects: list[str], until: datetime) -> Person:
    """The person with entries from the first of last month on, and the last of them to read and change."""
    entry: dict[str, Any] = {}
    for number, (start, end) in enumerate(spells(last_month(datetime.now(UTC)), until)):
        dates = {"start_date": start.isoformat(), "end_date": end.isoformat()}
        references = {"project_id": projects[number % PROJECTS], "activity_id": person.activity_id}
        text = {"description": f"Spell {number} of a month of work", "technologies": ["Python"]}
        entry = await made("time-entries", person.token, {**references, **dates, **text})
    return replace(person, entry_id=entry["id"])


def last_month(now: datetime) -> datetime:
    """The first instant of the month before."""
    return (now.replace(day=1) - timedelta(days=1)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def spells(first: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The start and the end of each spell of work in that time."""
    while first + SPELL <= until:
        yield first, first + WORKED
        first += SPELL
