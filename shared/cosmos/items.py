"""Reading documents: what a live one is, and what a failure of the database means to the caller of the API.

Every store and every query goes by the definitions here. A container holds items (time entries, customers, …) and,
beside them, documents that are no items: timelines, outbox events, the tree of project types. Those carry `kind`. A
soft-deleted item carries `deleted`.
"""

import math
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from shared.clients import RETRIES, container
from shared.cosmos.pace import Pace
from shared.errors import ApiError, unavailable
from shared.logs import logger

log = logger(__name__)

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
    with database():
        try:
            document: Document = dict(await container(container_id).read_item(item_id, partition_key=partition))
        except CosmosResourceNotFoundError as error:
            if error.sub_status:
                raise
            return None
        return document


async def read_together(container_id: str, item_ids: Sequence[str], partition: Partition) -> list[Document] | None:
    """Documents of one logical partition as they are at one moment, by one request. None unless all of them are there.

    Raises ApiError 429 or 503.
    """
    reads = [("read", (item_id,)) for item_id in item_ids]
    with database():
        try:
            # The SDK takes every batch for a write, and would not send it again. This one it may.
            found = await container(container_id).execute_item_batch(reads, partition, retry_write=RETRIES)
        except CosmosBatchOperationError as error:
            if error.status_code == 404:
                return None
            raise
    return [result["resourceBody"] for result in found]


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
    with database():
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


@contextmanager
def database() -> Iterator[None]:
    """Turns the failures of the database within its block into ApiError.

    What depends on the call passes: a lost race (409, 412), and a malformed request (400), which is our own mistake.
    """
    try:
        yield
    except (CosmosAccessConditionFailedError, CosmosResourceExistsError):
        raise
    except HttpResponseError as error:
        if error.status_code == 429:
            raise throttled(error) from error
        if error.status_code == 413:
            raise too_large() from error
        if error.status_code in {400, 409, 412}:
            raise
        log.warning("the database answered %s", error.status_code)
        raise _away() from error
    except AzureError as error:
        log.warning("the database did not answer: %s", type(error).__name__)
        raise _away() from error


def throttled(error: HttpResponseError) -> ApiError:
    """429 with the seconds that the database asks to wait, rounded up, at least 1."""
    headers: Mapping[str, str] = getattr(error, "headers", None) or {}
    seconds = math.ceil(float(headers.get("x-ms-retry-after-ms") or 1000) / 1000)
    return ApiError(
        429, "throttled", "There are too many requests; try again later", headers={"Retry-After": str(max(seconds, 1))}
    )


def too_large() -> ApiError:
    """413: the database takes documents up to 2 MB, and batches up to the same size."""
    return ApiError(413, "item_too_large", "This is more than fits into one item")


def _away() -> ApiError:
    return unavailable("database_unavailable", "The database is unavailable; try again later")
