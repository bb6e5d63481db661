"""A database as the system that this one replaces leaves it, with everything that it let pass; always the same."""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from azure.cosmos import PartitionKey
from azure.cosmos.aio import ContainerProxy, CosmosClient, DatabaseProxy

from embedded_cosmos.testing import CosmosAccount
from operations.adopt.source import CONTAINERS

Item = dict[str, Any]
Documents = dict[str, list[Item]]

BATCH = 100
# Long ago, so that no entry lies ahead that is not meant to.
FIRST_DAY = datetime(2023, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OldSystem:
    """The old account's database, and how to reach it."""

    endpoint: str
    key: str
    database: DatabaseProxy

    def container(self, container_id: str) -> ContainerProxy:
        return self.database.get_container_client(container_id)

    async def fill(self, documents: Mapping[str, Iterable[Item]]) -> None:
        """Write the documents, as many at a time as a batch takes."""
        for container_id, items in documents.items():
            by_tenant: defaultdict[str, list[Item]] = defaultdict(list)
            for item in items:
                by_tenant[item["tenant_id"]].append(item)
            for tenant_id, owned in by_tenant.items():
                for first in range(0, len(owned), BATCH):
                    batch = [("upsert", (item,)) for item in owned[first : first + BATCH]]
                    await self.container(container_id).execute_item_batch(batch, partition_key=tenant_id)

    async def everything(self) -> Documents:
        """All documents as they lie there, with their etags."""
        return {
            container_id: sorted(
                [dict(one) async for one in self.container(container_id).read_all_items()],
                key=lambda one: (one["tenant_id"], one["id"]),
            )
            for container_id in CONTAINERS
        }


@asynccontextmanager
async def old_system(account: CosmosAccount) -> AsyncIterator[OldSystem]:
    """An old database on this account, empty."""
    name = f"old-{uuid4()}"
    async with CosmosClient(account.endpoint, account.key) as client:
        database = await client.create_database(name)
        for container_id in CONTAINERS:
            await database.create_container(container_id, PartitionKey("/tenant_id"))
        try:
            yield OldSystem(account.endpoint, account.key, database)
        finally:
            await client.delete_database(name)


def text(moment: datetime, style: int = 0) -> str:
    """A date as one of the old system's versions wrote it: with 3, 6 or 7 decimals, or with an offset."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    local = (utc - timedelta(hours=5)).isoformat(timespec="microseconds")
    return (
        f"{utc.isoformat(timespec='milliseconds')}Z",
        f"{utc.isoformat(timespec='microseconds')}Z",
        f"{utc.isoformat(timespec='microseconds')}7Z",
        f"{local}-05:00",
        f"{utc.isoformat(timespec='microseconds')}+00:00",
        utc.isoformat(timespec="milliseconds"),
    )[style]


@dataclass(slots=True)
class Generator:
    """Makes the documents. `now` is the day of the move: timers run, and some entries end after it."""

    tenant_id: str
    now: datetime
    seed: int = 20
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def id(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def documents(self, entries: int = 10_000, owners: int = 25) -> Documents:
        """An organisation: its catalog, and so many entries of so many people."""
        catalog = self.catalog()
        people = [self.id() for _ in range(owners)]
        made = [entry for who in people for entry in self.of_owner(who, entries // owners, catalog)]
        # Two people whose ids no token has: one in capitals, one of another kind; and entries that are nobody's.
        for entry in made:
            if entry["owner_id"] == people[0] and self.chance.random() < 0.5:
                entry["owner_id"] = people[0].upper()
            elif entry["owner_id"] == people[1]:
                entry["owner_id"] = "somebody@example.com"
        del made[-2]["owner_id"]
        made[-1]["owner_id"] = None
        return {**catalog, "time_entry": made}

    def catalog(self) -> Documents:
        """Names that are too long, or the same but for blanks; references that lead nowhere; states unheard of."""
        names = ["Acme", "Acme ", " Acme", "Andes Railways", "Quito Water\u200b", "x" * 70, "x" * 50, "", "Bad\x00name"]
        customers = [self.item(name, status="active") for name in names]
        mark = self.id()
        customers += [self.item(name, deleted=mark) for name in ("Acme", "Acme ", "Globex")]
        customers += [self.item("Globex", deleted="yes"), self.item("Globex", deleted="yes")]
        customers += [
            self.item("Acme", deleted=self.id()),
            self.item("Globex", status="Inactive"),
            self.item("Initech"),
        ]
        customers[-1]["description"] = "d" * 400
        types = [self.item(name, customer_id=None, parent_id=None) for name in ("Work", "Training", "Deep", "Deeper")]
        types[1]["parent_id"] = self.id()
        types[2]["parent_id"], types[3]["parent_id"] = types[3]["id"], types[2]["id"]
        types.append(self.item("Gone", deleted=self.id()))
        types.append(self.item("Child of what is gone", parent_id=types[-1]["id"]))
        projects = [
            self.item(
                f"Project {number}",
                customer_id=self.chance.choice(customers)["id"],
                project_type_id=self.chance.choice(types)["id"],
                technologies=None,
                status="active",
            )
            for number in range(30)
        ]
        projects[0]["customer_id"] = self.id()
        projects[1] |= {"name": projects[2]["name"] + "  ", "customer_id": projects[2]["customer_id"]}
        projects[3]["project_type_id"] = self.id()
        projects[4]["deleted"] = self.id()
        del projects[5]["customer_id"]
        activities = [self.item(name, status=None) for name in ("Development", "development", "Development ", "Café")]
        activities += [self.item("Cafe\u0301"), self.item("Old", deleted=self.id(), status="on hold")]
        technologies = [
            self.item(f"tech {number}", first_use_time_entry_id=self.id(), creation_date=text(FIRST_DAY, number % 6))
            for number in range(20)
        ]
        technologies[0]["creation_date"] = "yesterday"
        return {
            "customer": customers,
            "project_type": types,
            "project": projects,
            "activity": activities,
            "technology": technologies,
        }

    def item(self, name: str, **fields: Any) -> Item:
        return {
            "id": self.id(),
            "tenant_id": self.tenant_id,
            "name": name,
            "description": None,
            **fields,
            "_last_event_ctx": {"user_id": self.id(), "action": "create", "description": "Create", "session_id": "x"},
        }

    def of_owner(self, owner_id: str, count: int, catalog: Documents) -> list[Item]:
        """Four entries a day, and now and then one of every kind that breaks a rule."""
        made: list[Item] = []
        day = FIRST_DAY + timedelta(days=self.chance.randrange(300))
        while len(made) < count - 3:
            start = day + timedelta(hours=13 + 2 * (len(made) % 4), microseconds=self.chance.randrange(10**9))
            entry = self.entry(owner_id, start, start + timedelta(minutes=self.chance.randrange(20, 110)), catalog)
            made.append(entry)
            if self.chance.random() < 0.15:
                self.spoil(entry, made)
            day += timedelta(days=len(made) % 4 == 0)
        # One that was stopped after ten days, and timers that run, of which all but one were forgotten.
        long_ago = FIRST_DAY - timedelta(days=100)
        made[0] |= {"start_date": text(long_ago), "end_date": text(long_ago + timedelta(days=10))}
        made += [self.running(owner_id, self.now - timedelta(hours=hours), catalog) for hours in (200, 30, 1)]
        return made[:count]

    def entry(self, owner_id: str, start: datetime, end: datetime | None, catalog: Documents) -> Item:
        style = self.chance.randrange(6)
        return {
            "id": self.id(),
            "tenant_id": self.tenant_id,
            "owner_id": owner_id,
            "project_id": self.chance.choice(catalog["project"])["id"],
            "activity_id": self.chance.choice(catalog["activity"])["id"],
            "start_date": text(start, style),
            "end_date": text(end, style) if end else None,
            "description": f"Task {self.chance.randrange(100)}",
            "uri": self.chance.choice([None, "", "TT-42"]),
            "technologies": self.chance.choice([None, [], ["python"], ["python", "python", "react"]]),
            "timezone_offset": self.chance.choice([300, "300", -60, None]),
            "_last_event_ctx": {"user_id": owner_id, "action": "create", "description": "Create", "session_id": "x"},
        }

    def running(self, owner_id: str, start: datetime, catalog: Documents) -> Item:
        entry = self.entry(owner_id, start, None, catalog)
        if self.chance.random() < 0.5:
            del entry["end_date"]
        return entry

    def spoil(self, entry: Item, made: list[Item]) -> None:
        """Make it break a rule, or add another that does, together with it."""
        start, end = (datetime.fromisoformat(entry[name]).replace(tzinfo=None) for name in ("start_date", "end_date"))
        if not entry["start_date"].endswith("-05:00"):
            start, end = start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)
        else:
            start, end = (one.replace(tzinfo=UTC) + timedelta(hours=5) for one in (start, end))
        middle = start + (end - start) / 2
        another = {**entry, "id": self.id()}
        kinds: list[tuple[Item, list[Item]]] = [
            ({"deleted": self.id()}, []),
            ({"deleted": None}, []),
            ({"project_id": self.id()}, []),
            ({"activity_id": None}, []),
            ({"description": "w" * 2000, "uri": "u" * 3000}, []),
            ({"description": "a\x07b", "technologies": [f"t{number}" for number in range(14)]}, []),
            ({"timezone_offset": "abc", "technologies": "python"}, []),
            ({"end_date": text(start - timedelta(minutes=1))}, []),
            ({"end_date": entry["start_date"]}, []),
            ({"start_date": "soon"}, []),
            ({"start_date": None}, []),
            ({"end_date": "later"}, []),
            ({"end_date": text(start + timedelta(days=8))}, []),
            ({"start_date": text(self.now - timedelta(hours=4)), "end_date": text(self.now + timedelta(hours=1))}, []),
            ({"start_date": text(self.now + timedelta(days=2)), "end_date": text(self.now + timedelta(days=3))}, []),
            ({}, [another]),
            ({}, [{**another, "start_date": text(middle), "end_date": text(end + timedelta(minutes=30))}]),
            ({}, [{**another, "start_date": text(middle), "end_date": text(middle + timedelta(minutes=1))}]),
            ({}, [{**another, "end_date": text(middle)}, {**another, "id": self.id(), "start_date": text(middle)}]),
            ({}, [{**another, "start_date": text(middle), "end_date": None}]),
            ({}, [{**another, "id": f"entry {len(made)}", "start_date": text(middle)}]),
        ]
        fields, more = self.chance.choice(kinds)
        entry |= fields
        made += more


def changed(items: Iterable[Item], item_id: str, **fields: Any) -> Item:
    """The document with this id, as somebody changed it since in the old system."""
    (found,) = [item for item in items if item["id"] == item_id]
    return {name: value for name, value in found.items() if name == "_last_event_ctx" or name[0] != "_"} | fields
