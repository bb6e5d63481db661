"""The kinds of catalog item, each described by one object."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.cosmos.containers import ACTIVITY, CUSTOMER, PROJECT, TECHNOLOGY
from shared.cosmos.items import Document
from shared.cosmos.transactions import Operation


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


CUSTOMERS = Resource(CUSTOMER, "customer", ("name", "description", "status"))
ACTIVITIES = Resource(ACTIVITY, "activity", ("name", "description", "status"))
TECHNOLOGIES = Resource(
    TECHNOLOGY, "technology", ("name", "first_use_time_entry_id", "creation_date"), soft_delete=True
)
PROJECTS = Resource(
    PROJECT, "project", ("name", "description", "customer_id", "project_type_id", "technologies", "status", "billable")
)
