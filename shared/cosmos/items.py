"""Reading documents, and what a live one is. Every store and every query goes by the definitions here.

A container holds items (time entries, customers, …) and, beside them, documents that are no items: timelines, outbox
events, the tree of project types. Those carry `kind`. A soft-deleted item carries `deleted`.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from azure.cosmos.exceptions import CosmosResourceNotFoundError

from shared.clients import container
from shared.cosmos.failures import database
from shared.cosmos.pace import Pace

Document = dict[str, Any]
Partition = str | list[str]

# The SDK decodes a page in one go, and no other request has its turn meanwhile. With 1,000 rows that takes too long.
PAGE_SIZE = 500

# The two conditions of a query `FROM c`, and the same of a document in memory.
IS_ITEM = "NOT IS_DEFINED(c.kind)"
NOT_DELETED = "NOT IS_DEFINED(c.deleted)"
LIVE = f"{IS_ITEM} AND {NOT_DELETED}"


def is_item(document: Mapping[str, Any]) -> bool:
    """Whether this is an item, soft-deleted or not, and no document that the app keeps beside the items."""
    return "kind" not in document


def is_live(document: Mapping[str, Any]) -> bool:
    """Whether this is an item that is not soft-deleted: what a caller can see."""
    return is_item(document) and "deleted" not in document


def own_fields(document: Mapping[str, Any]) -> Document:
    """The document's own fields. What the database adds, and the context of the last event, start with `_`."""
    return {name: value for name, value in document.items() if not name.startswith("_")}


async def read(container_id: str, item_id: str, partition: Partition) -> Document | None:
    """A point read: one round trip. None when there is no such document. Raises ApiError 429 or 503."""
    async with database():
        try:
            document: Document = dict(await container(container_id).read_item(item_id, partition_key=partition))
        except CosmosResourceNotFoundError as error:
            if error.sub_status:
                raise
            return None
        return document


async def read_live(container_id: str, item_id: str, partition: Partition) -> Document | None:
    """A point read of a live item: None when there is none. Raises ApiError 429 or 503."""
    document = await read(container_id, item_id, partition)
    return document if document and is_live(document) else None


async def query(
    container_id: str, text: str, parameters: Mapping[str, Any], partition: Partition | None = None
) -> list[Any]:
    """All results of a query; without `partition` across all partitions. Raises ApiError 429 or 503."""
    return [row async for page in pages(container_id, text, parameters, partition) for row in page]


async def pages(
    container_id: str,
    text: str,
    parameters: Mapping[str, Any],
    partition: Partition | None = None,
    pace: Pace | None = None,
) -> AsyncIterator[list[Any]]:
    """The results of a query page by page, each read when its turn comes; with `pace`, not before it lets it go.

    Raises ApiError 429 or 503.
    """
    options: dict[str, Any] = {} if partition is None else {"partition_key": partition}
    set_aside = 0.0
    if pace:
        options["response_hook"] = lambda headers, _: pace.charged(float(headers["x-ms-request-charge"]), set_aside)
    async with database():
        results = (
            container(container_id)
            .query_items(
                text,
                parameters=[{"name": f"@{name}", "value": value} for name, value in parameters.items()],
                max_item_count=PAGE_SIZE,
                **options,
            )
            .by_page()
        )
        while True:
            if pace:
                set_aside = await pace.turn()
            try:
                page = await anext(results)
            except StopAsyncIteration:
                return
            yield [row async for row in page]
