"""Brings over what the system that this one replaces has: a tenant at a time, its catalog first, then its people.

A run looks at everything and writes what differs. So it can be cut off at any moment and run again, and a later run
brings what has changed in the old system since.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

from operations.adopt.catalog import RESOURCES, Catalog
from operations.adopt.documents import Known, entry_of, id_of
from operations.adopt.entries import Owner
from operations.adopt.planning import Hours, How, hours_of
from operations.adopt.remarks import LEFT_OUT, Remark, Row, Time
from operations.adopt.source import CONTAINERS, OldDatabase, OldDatabaseError
from shared import instants
from shared.config import settings
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import Document
from shared.ids import uuid_in
from shared.logs import correlation_id

# Who a document belongs to is no container, but its id may be made as that of a document is.
OWNER = "owner"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Month:
    """The hours of an owner's month; no owner stands for entries that are nobody's."""

    tenant_id: str
    owner_id: str | None
    month: str
    hours: Hours


@dataclass(frozen=True, slots=True)
class Adoption:
    """A run. `done` is told of each document of the old system, by its container."""

    source: OldDatabase
    done: Callable[..., Any]
    trim: bool = True
    dry_run: bool = False

    async def run(self, tenants: Iterable[str] = ()) -> AsyncIterator[Row | Month]:
        """Adopt these tenants, by default all of them, and tell what there is to tell. Raises OldDatabaseError."""
        correlation_id.set(uuid4().hex)
        found = _spelled(await self.source.tenants(), uuid_in)
        chosen = [*dict.fromkeys(str(uuid_in(tenant)) for tenant in tenants)]
        for tenant_id in chosen:
            if tenant_id not in found:
                raise OldDatabaseError(f"the old database has nothing of the tenant {tenant_id}")
        for spelling in found.pop("", ()):
            yield Row("tenant", spelling, None, spelling, Remark("tenant_invalid", LEFT_OUT))
        for container_id in CONTAINERS:
            for document in await self.source.tenantless(container_id):
                remark = Remark("tenant_invalid", LEFT_OUT, document.get("tenant_id"))
                yield Row(container_id, "", None, document["id"], remark)
        for tenant_id in chosen or sorted(found):
            async for told in self._tenant(tenant_id, found[tenant_id]):
                yield told

    async def _tenant(self, tenant_id: str, spellings: Sequence[str]) -> AsyncIterator[Row | Month]:
        catalog = await Catalog.read(self.source, spellings, tenant_id)
        for resource in RESOURCES:
            for row in await catalog.bring(resource, dry_run=self.dry_run):
                yield row
            self.done(resource.container_id, count=len(catalog.old[resource.container_id]))
        for told in await self._ownerless(tenant_id, spellings, catalog.known):
            yield told
        owners = [(tenant, owner) for tenant in spellings for owner in await self.source.owners(tenant)]
        by_id = _spelled(owners, lambda pair: id_of(OWNER, pair[1]))
        # Those of nobody have been told.
        by_id.pop("", None)
        for owner_id, places in sorted(by_id.items()):
            async for told in self._owner(tenant_id, owner_id, places, catalog.known):
                yield told

    async def _owner(
        self, tenant_id: str, owner_id: str, places: Sequence[tuple[str, str]], known: Known
    ) -> AsyncIterator[Row | Month]:
        """One owner; `places` are their tenant's and their own id, as they are written in the old system."""
        for _, spelling in places:
            if uuid_in(spelling) is None:
                remark = Remark("owner_invalid", "given another id", spelling, owner_id)
                yield Row(TIME_ENTRY, tenant_id, owner_id, "", remark)
        documents: list[Document] = []
        for tenant, owner in places:
            documents += await self.source.entries(tenant, owner)
        how = How(instants.now(), timedelta(hours=settings().longest_entry_hours), self.trim)
        entries = [entry_of(document, how.now, known) for document in documents]
        adopted = Owner([tenant_id, owner_id], entries, how)
        outcome = await (adopted.preview() if self.dry_run else adopted.bring())
        self.done(TIME_ENTRY, count=len(documents))
        for row in outcome.rows:
            yield row
        for month, hours in sorted(outcome.hours.items()):
            yield Month(tenant_id, owner_id, month, hours)

    async def _ownerless(self, tenant_id: str, spellings: Iterable[str], known: Known) -> list[Row | Month]:
        """Entries that are nobody's have no place here."""
        now = instants.now()
        entries = [
            entry_of(document, now, known)
            for spelling in spellings
            for document in await self.source.ownerless(spelling)
        ]
        self.done(TIME_ENTRY, count=len(entries))
        remark = Remark("owner_missing", LEFT_OUT)
        rows = [Row(TIME_ENTRY, tenant_id, None, entry.id, remark, Time(entry.was, None)) for entry in entries]
        months = hours_of(entries, {}, rows)
        return [*rows, *(Month(tenant_id, None, month, hours) for month, hours in sorted(months.items()))]


def _spelled(found: Iterable[T], id_in: Callable[[T], str | None]) -> dict[str, list[T]]:
    """What was found, by the id that it stands for, in capitals or in small letters; under `""` what is none."""
    by_id: defaultdict[str, list[T]] = defaultdict(list)
    for one in found:
        by_id[id_in(one) or ""].append(one)
    return by_id
