"""The kinds of catalog item, each described by one object, and how items are listed and shown."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.cosmos.containers import ACTIVITY, CUSTOMER, PROJECT, TECHNOLOGY
from shared.cosmos.items import Document
from shared.cosmos.transactions import Operation

# An item as it is answered.
Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of catalog item: its container, its name in sentences, and the fields that a client may write.

    DELETE makes an item inactive, or soft-deletes it. `guard` gets an item before and after a write. It raises
    ApiError where the write is not allowed, and returns operations that the write's batch needs.
    """

    container_id: str
    noun: str
    fields: tuple[str, ...]
    soft_delete: bool = False
    guard: Callable[[Document | None, Document], Awaitable[list[Operation]]] | None = None

    @property
    def a_noun(self) -> str:
        """The noun with its article."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    def shown(self, item: Document) -> Shown:
        """An item with its own fields, null where it has no value."""
        answer = {name: item.get(name) for name in ("id", "tenant_id", *self.fields, "deleted")}
        return answer | {"status": status_of(item)} if "status" in self.fields else answer


def status_of(item: Mapping[str, Any]) -> str:
    """An item without a status is active."""
    return item.get("status") or "active"


def passes(item: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """Whether an item passes the filters of a list: a status, or one of several ids, for each field that is given."""
    return all(
        wanted is None or (status_of(item) == wanted if name == "status" else item.get(name) in wanted)
        for name, wanted in query.items()
    )


def list_order(item: Mapping[str, Any]) -> tuple[bool, str, str]:
    """The key that sorts a list: active items first, then by name."""
    return status_of(item) != "active", item["name"].casefold(), item["id"]


CUSTOMERS = Resource(CUSTOMER, "customer", ("name", "description", "status"))
ACTIVITIES = Resource(ACTIVITY, "activity", ("name", "description", "status"))
TECHNOLOGIES = Resource(
    TECHNOLOGY, "technology", ("name", "first_use_time_entry_id", "creation_date"), soft_delete=True
)
PROJECTS = Resource(
    PROJECT, "project", ("name", "description", "customer_id", "project_type_id", "technologies", "status", "billable")
)
