"""The customers, projects and activities that rows name: found, or made by an administrator's import."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from shared.auth.caller import Caller
from shared.catalog import store as catalog
from shared.catalog.references import is_billable
from shared.catalog.resources import ACTIVITIES, CUSTOMERS, PROJECTS, Resource
from shared.catalog.schemas import ActivityBody, CustomerBody, ProjectBody
from shared.cosmos.items import Document
from shared.errors import ApiError
from shared.http.fields import Body
from shared.imports.rows import Row, RowError

BODIES: Mapping[str, type[Body]] = {
    CUSTOMERS.container_id: CustomerBody,
    PROJECTS.container_id: ProjectBody,
    ACTIVITIES.container_id: ActivityBody,
}


class References(NamedTuple):
    """What an entry refers to, and whether it is billable where its row does not say."""

    project_id: str
    activity_id: str
    billable: bool


# How an import counts what it made.
PLURALS: Mapping[str, str] = {
    CUSTOMERS.container_id: "customers",
    PROJECTS.container_id: "projects",
    ACTIVITIES.container_id: "activities",
}


class Catalog:
    """A tenant's catalog by names. With `dry_run`, what is made is made here alone."""

    def __init__(self, caller: Caller, now: datetime, *, dry_run: bool) -> None:
        self._caller = caller
        self._now = now
        self._dry_run = dry_run
        self._customers: dict[str, Document] = {}
        self._projects: dict[tuple[str, str | None], Document] = {}
        self._activities: dict[str, Document] = {}
        self.made = dict.fromkeys(PLURALS.values(), 0)
        # Rows of several owners may lack the same.
        self._making = asyncio.Lock()

    async def read(self) -> None:
        """Read what there is: three queries side by side."""
        found = await asyncio.gather(*(self._read(one) for one in (CUSTOMERS, PROJECTS, ACTIVITIES)))
        self._customers, self._projects, self._activities = found

    async def _read(self, resource: Resource) -> dict[Any, Document]:
        items = await catalog.everything(resource, self._caller.tenant_id)
        if resource is PROJECTS:
            return {(one["name"], one.get("customer_id")): one for one in items}
        return {one["name"]: one for one in items}

    def customer_of(self, row: Row) -> str:
        """The name of the row's customer; where its file names none, that of the only project of its name."""
        if row.customer is not None:
            return row.customer
        alike = self._alike(row)
        ids = {one["id"]: name for name, one in self._customers.items()}
        return ids.get(alike[0].get("customer_id") or "", "") if len(alike) == 1 else ""

    def require(self, row: Row) -> None:
        """Raises RowError where what the row names does not exist and is not to be made, or is not clear."""
        project = self._project(row)
        if self._caller.may_import_for_others:
            return
        if project is None:
            raise RowError("project_not_found", f"There is no project {row.project!r}{_of(row)}")
        if row.activity not in self._activities:
            raise RowError("activity_not_found", f"There is no activity {row.activity!r}")

    async def of(self, row: Row) -> References:
        """What a row refers to that passes `require`; what is lacking is made."""
        project, activity = self._project(row), self._activities.get(row.activity)
        if project is None or activity is None:
            async with self._making:
                project = self._project(row) or await self._make_project(row)
                activity = self._activities.get(row.activity) or await self._make(
                    ACTIVITIES, self._activities, row.activity, row.activity
                )
        return References(project["id"], activity["id"], is_billable(project))

    def _project(self, row: Row) -> Document | None:
        if row.customer is None:
            alike = self._alike(row)
            if len(alike) > 1:
                raise RowError(
                    "project_ambiguous", f"There are several projects {row.project!r}; the file names no customer"
                )
            return alike[0] if alike else None
        if not row.customer:
            return self._projects.get((row.project, None))
        customer = self._customers.get(row.customer)
        return customer and self._projects.get((row.project, customer["id"]))

    def _alike(self, row: Row) -> list[Document]:
        return [one for (name, _), one in self._projects.items() if name == row.project]

    async def _make_project(self, row: Row) -> Document:
        customer_id = None
        if row.customer:
            customer = self._customers.get(row.customer)
            if customer is None:
                customer = await self._make(CUSTOMERS, self._customers, row.customer, row.customer)
            customer_id = customer["id"]
        key = row.project, customer_id
        return await self._make(PROJECTS, self._projects, key, row.project, customer_id=customer_id)

    async def _make(self, resource: Resource, known: dict[Any, Document], key: Any, name: str, **more: Any) -> Document:
        fields = BODIES[resource.container_id]().load({"name": name, **more})
        if self._dry_run:
            known[key] = {"id": str(uuid4()), **fields}
        else:
            try:
                known[key] = await catalog.create(resource, self._caller, self._now, fields)
            except ApiError as error:
                # Another import may have made it just now.
                if error.status != 409:
                    raise
                known.update(await self._read(resource))
                if key not in known:
                    raise
                return known[key]
        self.made[PLURALS[resource.container_id]] += 1
        return known[key]


def _of(row: Row) -> str:
    return f" of the customer {row.customer!r}" if row.customer else ""
