"""A tenant to test in, made over the API: its people, a customer, a project and an activity."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import aiohttp

from tests.application import Application
from tests.calling import Item, Person, at


@dataclass(frozen=True, slots=True)
class World:
    """What a test starts from."""

    app: Application
    admin: Person
    user: Person
    customer: Item
    project: Item
    activity: Item

    @property
    def tenant_id(self) -> str:
        return self.user.tenant_id

    @property
    def references(self) -> dict[str, str]:
        """What a time entry can't do without."""
        return {"project_id": self.project["id"], "activity_id": self.activity["id"]}

    def person(self, *, admin: bool = False) -> Person:
        """Somebody else of this tenant."""
        return replace(self.user, user_id=str(uuid4()), admin=admin)

    def of_another_user(self) -> "World":
        """The same, seen by a user who has nothing yet: for the examples of one property."""
        return replace(self, user=self.person())

    async def customer_named(self, name: str, **fields: Any) -> Item:
        return await self.made("customers", name=name, **fields)

    async def project_named(self, name: str, **fields: Any) -> Item:
        return await self.made("projects", name=name, **fields)

    async def activity_named(self, name: str, **fields: Any) -> Item:
        return await self.made("activities", name=name, **fields)

    async def made(self, path: str, **fields: Any) -> Item:
        item: Item = (await self.admin.post(path, fields)).ok(201)
        return item

    async def entry(self, start: str, end: str | None = None, who: Person | None = None, **fields: Any) -> Item:
        """A stopped entry of the user's on a day long ago: `entry("10:00", "11:00")`; dates may be whole, too."""
        dates = {"start_date": start if "T" in start else at(start)}
        if end is not None:
            dates["end_date"] = end if "T" in end else at(end)
        item: Item = (await (who or self.user).post("time-entries", {**self.references, **dates, **fields})).ok(201)
        return item

    async def started(self, who: Person | None = None, **fields: Any) -> Item:
        """A timer that runs."""
        item: Item = (await (who or self.user).post("time-entries", {**self.references, **fields})).ok(201)
        return item

    async def stored(self, container_id: str, item: Item) -> Item:
        """The document as it lies in the database."""
        keys = [item["tenant_id"], item["owner_id"]] if container_id == "time_entry" else item["tenant_id"]
        return dict(await self.app.container(container_id).read_item(item["id"], partition_key=keys))

    async def outbox(self, container_id: str, item: Item) -> list[Item]:
        """The events of an item's writes, as they wait for the change feed, in no order."""
        keys = [item["tenant_id"], item["owner_id"]] if container_id == "time_entry" else item["tenant_id"]
        documents = self.app.container(container_id).query_items(
            'SELECT VALUE c.event FROM c WHERE c.kind = "event" AND c.event.item_id = @id',
            parameters=[{"name": "@id", "value": item["id"]}],
            partition_key=keys,
        )
        return [dict(event) async for event in documents]


async def make_world(http: aiohttp.ClientSession, app: Application) -> World:
    tenant_id = str(uuid4())
    admin = Person(http, app.url, tenant_id, admin=True)
    customer = (await admin.post("customers", {"name": "Customer"})).ok(201)
    project = (await admin.post("projects", {"name": "Project", "customer_id": customer["id"]})).ok(201)
    activity = (await admin.post("activities", {"name": "Activity"})).ok(201)
    return World(app, admin, Person(http, app.url, tenant_id), customer, project, activity)
