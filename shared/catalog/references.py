"""What refers to the catalog: the names that time entries show, and the check that what a write refers to exists.

Both go by this worker's short in-memory copy of each tenant's names. It is dropped when this worker writes the catalog,
and read again when it does not know a project or activity that an entry has, since that was made elsewhere just now.

The check reads a project or activity only if it is unknown there: so what was made elsewhere a second ago counts. What
was deleted elsewhere counts for as long as the copy may be used (15 seconds). What is inactive may be used.
"""

import asyncio
import time
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from async_lru import alru_cache

from shared.config import settings
from shared.cosmos import items
from shared.cosmos.containers import ACTIVITY, CUSTOMER, PROJECT, PROJECT_TYPE
from shared.cosmos.items import Document
from shared.errors import ApiError

NAMES = f"SELECT c.id, c.name, c.customer_id, c.billable, c.deleted, c._ts FROM c WHERE {items.IS_ITEM}"
MOST_TENANTS = 1000
# An entry may refer to what was live so long ago, whatever the setting says of the names that lists show.
LIVE_FOR_SECONDS = 15.0
# An entry whose project is really gone must not have the catalog read at every call.
OLD_ENOUGH_TO_READ_AGAIN_SECONDS = 1.0

# Which container a field refers to, and what a person calls what lies in it.
REFERENCES = {
    "project_id": (PROJECT, "project"),
    "activity_id": (ACTIVITY, "activity"),
    "customer_id": (CUSTOMER, "customer"),
    "project_type_id": (PROJECT_TYPE, "project type"),
}
# What the copy of the names holds and entries refer to. Whoever writes one of the others has the copy dropped anyway.
COPIED = frozenset({"project_id", "activity_id"})


@dataclass(frozen=True, slots=True)
class Names:
    """A tenant's projects, activities and customers by id, soft-deleted ones included."""

    projects: Mapping[str, Document]
    activities: Mapping[str, Document]
    customers: Mapping[str, Document]
    read_at: float
    # What was shown before, by project and activity: the entries of a list share a few of them.
    shown: dict[tuple[str, str], Mapping[str, str | None]] = field(default_factory=dict, compare=False, repr=False)

    def of(self, entry: Mapping[str, Any]) -> Mapping[str, str | None]:
        """What an answer shows of the things that an entry refers to."""
        referred = entry["project_id"], entry["activity_id"]
        if referred not in self.shown:
            self.shown[referred] = self._shown(*referred)
        return self.shown[referred]

    def _shown(self, project_id: str, activity_id: str) -> Mapping[str, str | None]:
        customer_id = self.projects.get(project_id, {}).get("customer_id")
        return {
            "project_name": self.project_name(project_id),
            "customer_id": customer_id,
            "customer_name": self.customers.get(customer_id or "", {}).get("name", ""),
            "activity_name": self.activity_name(activity_id),
        }

    def project_name(self, project_id: str) -> str:
        return _shown(self.projects.get(project_id, {}))

    def activity_name(self, activity_id: str) -> str:
        return _shown(self.activities.get(activity_id, {}))

    def live(self, field: str, item_id: str, at: float) -> Document | None:
        """The project or activity that the field of an entry refers to, if it is known to be live.

        `at` is the present, in seconds of the monotonic clock.
        """
        if at - self.read_at >= LIVE_FOR_SECONDS:
            return None
        found = {"project_id": self.projects, "activity_id": self.activities}[field].get(item_id)
        return None if found is None or "deleted" in found else found

    def know(self, entries: Iterable[Mapping[str, Any]]) -> bool:
        return all(
            entry["project_id"] in self.projects and entry["activity_id"] in self.activities for entry in entries
        )


async def names_for(tenant_id: str, entries: Iterable[Mapping[str, Any]]) -> Names:
    """The names that these entries need: none, or three queries side by side when the copy is too old."""
    names = await _copies()(tenant_id)
    if names.know(entries) or time.monotonic() - names.read_at < OLD_ENOUGH_TO_READ_AGAIN_SECONDS:
        return names
    forget(tenant_id)
    return await _copies()(tenant_id)


def forget(tenant_id: str) -> None:
    """Drop this worker's copy: it has just written the tenant's catalog."""
    _copies().cache_invalidate(tenant_id)


async def require_references(tenant_id: str, fields: Mapping[str, Any]) -> dict[str, Document]:
    """What `fields` refer to, by field. Raises ApiError 400 unless the tenant has it all.

    One point read, side by side, for each that the copy of the names does not know to be live.
    """
    given = {name: fields[name] for name in REFERENCES if fields.get(name)}
    found = await _known(tenant_id, given)
    # As a rule all are known, and tasks for what lies in memory would cost more than the look.
    if unknown := [name for name in given if name not in found]:
        reads = (items.read_live(REFERENCES[name][0], given[name], tenant_id) for name in unknown)
        for name, document in zip(unknown, await asyncio.gather(*reads), strict=True):
            if document is None:
                raise _not_found(name)
            found[name] = document
    return found


async def _known(tenant_id: str, given: Mapping[str, str]) -> dict[str, Document]:
    """Those that the copy of the names knows to be live."""
    if not (copied := COPIED & given.keys()):
        return {}
    # Where the copy is too old, it is read here instead of when the answer needs the names.
    names, at = await names_for(tenant_id, ()), time.monotonic()
    return {name: document for name in copied if (document := names.live(name, given[name], at))}


def _not_found(field: str) -> ApiError:
    container_id, noun = REFERENCES[field]
    message = f"There is no such {noun}"
    return ApiError(400, f"{container_id}_not_found", message, errors={field: [f"{message}."]})


def is_billable(document: Mapping[str, Any]) -> bool:
    """Of a project or a time entry: one without the field is billable."""
    return document.get("billable") is not False


class _Copies(Protocol):
    """What is used of `alru_cache`."""

    def __call__(self, tenant_id: str, /) -> Awaitable[Names]: ...
    def cache_invalidate(self, tenant_id: str, /) -> bool: ...


@cache
def _copies() -> _Copies:
    return alru_cache(maxsize=MOST_TENANTS, ttl=settings().catalog_cache_seconds)(_read)


async def _read(tenant_id: str) -> Names:
    read_at = time.monotonic()
    projects, activities, customers = await asyncio.gather(
        *(items.query(container_id, NAMES, {}, tenant_id) for container_id in (PROJECT, ACTIVITY, CUSTOMER))
    )
    return Names(_by_id(projects), _by_id(activities), _by_id(customers), read_at)


def _by_id(rows: list[Document]) -> dict[str, Document]:
    return {row["id"]: row for row in rows}


def _shown(document: Mapping[str, Any]) -> str:
    name: str = document.get("name", "")
    return f"{name} (archived)" if "deleted" in document else name
