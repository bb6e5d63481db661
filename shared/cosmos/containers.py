"""Every container of the database: its partition key, unique key, indexes and TTL, in one table.

Only what queries filter or sort by is indexed: each further path makes every write dearer. The infrastructure template
is held against this table by a test.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Container:
    """A container as it is created. With `ttl_seconds` -1, documents live on unless they carry a `ttl` of their own."""

    id: str
    partition_key: tuple[str, ...]
    indexed: tuple[str, ...] = ()
    # Paths that are sorted by together, all of them descending.
    sorted_together: tuple[str, ...] = ()
    unique_key: tuple[str, ...] = ()
    ttl_seconds: int | None = None
    watched: bool = False

    @property
    def indexing_policy(self) -> dict[str, Any]:
        """Consistent, with the listed paths alone; `id` is always indexed."""
        policy: dict[str, Any] = {
            "indexingMode": "consistent",
            "automatic": True,
            "includedPaths": [{"path": f"{path}/?"} for path in self.indexed],
            "excludedPaths": [{"path": "/*"}],
        }
        if self.sorted_together:
            policy["compositeIndexes"] = [[{"path": path, "order": "descending"} for path in self.sorted_together]]
        return policy


TIME_ENTRY = "time_entry"
CUSTOMER = "customer"
PROJECT = "project"
PROJECT_TYPE = "project_type"
TECHNOLOGY = "technology"
ACTIVITY = "activity"
ADMINISTRATION = "administration"
EVENT = "event"
DELIVERY = "delivery"
DEAD_LETTER = "dead_letter"
MIGRATION = "migration"
LEASES = "leases"

DELIVERY_TTL_SECONDS = 30 * 24 * 60 * 60

_CATALOG_INDEXES = ("/tenant_id", "/name", "/deleted", "/kind")


def _catalog(container_id: str, *also_unique: str) -> Container:
    """A catalog container: names are unique within a tenant; `deleted` keeps a soft-deleted one out of the way."""
    return Container(
        container_id,
        ("/tenant_id",),
        indexed=(*_CATALOG_INDEXES, *also_unique),
        unique_key=("/name", *also_unique, "/deleted"),
        ttl_seconds=-1,
        watched=True,
    )


CONTAINERS: tuple[Container, ...] = (
    Container(
        TIME_ENTRY,
        ("/tenant_id", "/owner_id"),
        indexed=(
            "/tenant_id",
            "/owner_id",
            "/start_date",
            "/end_date",
            # Of a tenant's month, a report of one project is a small part. What else lists filter by is not indexed:
            # each path makes every start and stop dearer, and a list reads what it shows, once.
            "/project_id",
            "/deleted",
            "/kind",
            "/_over_a_week",
            # Of imported entries alone: an import is taken back without a look at the others.
            "/import_id",
            # Of timelines: which timers run, since when, and which of them are known to be forgotten.
            "/running/start_date",
            "/running/_forgotten",
        ),
        ttl_seconds=-1,
        watched=True,
    ),
    _catalog(CUSTOMER),
    _catalog(PROJECT, "/customer_id"),
    _catalog(PROJECT_TYPE, "/customer_id"),
    _catalog(TECHNOLOGY),
    _catalog(ACTIVITY),
    # What administrators manage, told apart by `kind`, and the lock under which they change roles.
    Container(
        ADMINISTRATION,
        ("/tenant_id",),
        indexed=("/tenant_id", "/kind", "/name", "/deleted"),
        unique_key=("/kind", "/name", "/deleted"),
        ttl_seconds=-1,
        watched=True,
    ),
    Container(
        EVENT,
        ("/tenant_id", "/item_id"),
        indexed=("/tenant_id", "/item_id", "/container_id", "/user_id", "/owner_id", "/date"),
        sorted_together=("/date", "/id"),
        ttl_seconds=-1,
    ),
    # What webhooks are told, and the lanes that say when to look at it. `next_attempt` is there while a delivery waits,
    # and `wake` while a lane has something to wait for: the indexes hold nothing else.
    Container(
        DELIVERY,
        ("/webhook_id",),
        indexed=("/next_attempt", "/place", "/wake"),
        ttl_seconds=DELIVERY_TTL_SECONDS,
    ),
    Container(DEAD_LETTER, ("/container_id",), indexed=("/container_id", "/date")),
    Container(MIGRATION, ("/id",), ttl_seconds=-1),
    Container(LEASES, ("/id",)),
)

WATCHED: tuple[str, ...] = tuple(container.id for container in CONTAINERS if container.watched)
