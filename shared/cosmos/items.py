"""Reading, querying and writing documents: what every store does with Cosmos DB, and what its failures mean.

A write is an *attempt* that reads the present state, decides, and returns a Change; `settle` applies it in one
transactional batch and starts the attempt over when another writer was faster. Failures of the database become ApiError
429 or 503 here, so that no store has to think of them.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from azure.core.exceptions import AzureError, HttpResponseError
from azure.cosmos.exceptions import (
    CosmosAccessConditionFailedError,
    CosmosBatchOperationError,
    CosmosResourceExistsError,
    CosmosResourceNotFoundError,
)

from shared.clients import container
from shared.errors import ApiError, unavailable
from shared.logs import logger

Document = dict[str, Any]
Partition = str | list[str]
# What `execute_item_batch` takes: name, positional arguments, keyword arguments.
Operation = tuple[str, tuple[Any, ...], dict[str, Any]]

# The SDK decodes a page in one go, and nobody else has a turn meanwhile: with 1,000 rows that is too long.
PAGE_SIZE = 500
TRIES = 8
FIRST_WAIT_SECONDS = 0.02
LONGEST_WAIT_SECONDS = 0.32

log = logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What an attempt decided: operations on items, the outbox documents of their events, and what to answer.

    Without operations nothing is written. `taken` is raised when the first operation's id or unique key is taken;
    without it, that is a lost race like any other.
    """

    result: T
    operations: Sequence[Operation] = ()
    outbox: Sequence[Document] = ()
    taken: ApiError | None = None


class LostRace(Exception):  # noqa: N818 - not an error but an event, met by trying again
    """Another writer was faster, or it is not known whether this write was applied: read again and decide afresh."""


class Exists(LostRace):
    """A document of the same id, or with the same unique key, is there. `index` is the operation's in the batch."""

    def __init__(self, index: int | None) -> None:
        super().__init__()
        self.index = index


class UnknownOutcome(LostRace):
    """The connection failed, so the write may or may not have been applied, or may be yet."""


def create(document: Document) -> Operation:
    """The operation that creates `document`; Exists when its id or unique key is taken."""
    return "create", (document,), {}


def replace(document: Document, read: Document) -> Operation:
    """The operation that replaces `read` with `document`; LostRace when it is no longer what was read."""
    return "replace", (document["id"], document), {"if_match_etag": read["_etag"]}


async def read(container_id: str, item_id: str, partition: Partition) -> Document | None:
    """A point read: one round trip. None when there is no such document."""
    async with _database():
        try:
            document: Document = dict(await container(container_id).read_item(item_id, partition_key=partition))
        except CosmosResourceNotFoundError as error:
            if error.sub_status:
                raise
            return None
        return document


async def query(
    container_id: str, text: str, parameters: Mapping[str, Any], partition: Partition | None = None
) -> list[Any]:
    """All results of a query; without `partition` across all partitions."""
    return [row async for page in pages(container_id, text, parameters, partition) for row in page]


async def pages(
    container_id: str, text: str, parameters: Mapping[str, Any], partition: Partition | None = None
) -> AsyncIterator[list[Any]]:
    """The results of a query page by page, each read when its turn comes."""
    where: dict[str, Any] = {} if partition is None else {"partition_key": partition}
    async with _database():
        results = container(container_id).query_items(
            text,
            parameters=[{"name": f"@{name}", "value": value} for name, value in parameters.items()],
            max_item_count=PAGE_SIZE,
            **where,
        )
        async for page in results.by_page():
            yield [row async for row in page]


async def settle(container_id: str, partition: Partition, attempt: Callable[[], Awaitable[Change[T]]]) -> T:
    """Make attempts until one is applied: at most 8, with full jitter between them. Returns its result.

    An attempt whose answer was lost is looked up by the outbox document made for it: there means applied, be it at once
    or by the time a later attempt fails. This includes answers that the SDK hides: after a dropped connection it sends
    a batch once more, and the second sending meets the first one's traces.

    Raises ApiError: what the attempt raises; 409 when the race is lost again and again; 503 when the outcome is
    unknown.
    """
    async with _queue(container_id, partition):
        return await _race(container_id, partition, attempt)


def _queue(container_id: str, partition: Partition) -> asyncio.Lock:
    """Writers of one partition in this process wait for one another: between them there need be no lost races.

    That only spares tries; what holds between processes is the batch's conditions.
    """
    return _QUEUES.setdefault(f"{container_id} {partition}", asyncio.Lock())


# A queue is gone when nobody stands in it.
_QUEUES: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def _race(container_id: str, partition: Partition, attempt: Callable[[], Awaitable[Change[T]]]) -> T:
    import tenacity  # noqa: PLC0415 - imported late: a cold start that only reads does not pay for it

    doubtful: list[Change[T]] = []
    retrying = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(LostRace),
        stop=tenacity.stop_after_attempt(TRIES),
        wait=tenacity.wait_random_exponential(multiplier=FIRST_WAIT_SECONDS, max=LONGEST_WAIT_SECONDS),
        reraise=True,
    )
    try:
        async for trial in retrying:
            with trial:
                return await _try_once(container_id, partition, attempt, doubtful)
    except UnknownOutcome as error:
        raise unavailable(
            "outcome_unknown", "It is not known whether this was saved; look before you try again"
        ) from error
    except LostRace as error:
        raise ApiError(409, "write_conflict", "Others are changing the same thing; try again") from error
    raise AssertionError("unreachable: the last try returns or raises")


async def _try_once(
    container_id: str, partition: Partition, attempt: Callable[[], Awaitable[Change[T]]], doubtful: list[Change[T]]
) -> T:
    change: Change[T] | None = None
    try:
        change = await attempt()
        if change.operations:
            await _execute(container_id, partition, change)
    except (LostRace, ApiError) as error:
        for sent in [*doubtful, change] if change else doubtful:
            if await read(container_id, sent.outbox[0]["id"], partition):
                return sent.result
        if isinstance(error, UnknownOutcome) and change:
            doubtful.append(change)
        if isinstance(error, Exists) and error.index == 0 and change and change.taken:
            raise change.taken from error
        raise
    return change.result


async def _execute(container_id: str, partition: Partition, change: Change[Any]) -> None:
    operations = [*change.operations, *(create(document) for document in change.outbox)]
    async with _database():
        try:
            await container(container_id).execute_item_batch(operations, partition_key=partition)
        except CosmosBatchOperationError as error:
            raise _batch_failure(error) from error
        except AzureError as error:
            if _may_be_applied(error):
                raise UnknownOutcome from error
            raise


def _batch_failure(error: CosmosBatchOperationError) -> Exception:
    """What a refused batch means; 404 is a document that went between reading and writing."""
    match error.status_code:
        case 409:
            return Exists(error.error_index)
        case 404 | 412 | 449:
            return LostRace()
        case 413:
            return ApiError(413, "item_too_large", "This is more than can be saved in one item")
        case 429:
            return _throttled(error)
        case _:
            return error


def _may_be_applied(error: AzureError) -> bool:
    status = error.status_code if isinstance(error, HttpResponseError) else None
    return status is None or status == 408 or status >= 500


@asynccontextmanager
async def _database() -> AsyncIterator[None]:
    """Turns the database's failures into what the caller of the API is told."""
    try:
        yield
    except (CosmosAccessConditionFailedError, CosmosResourceExistsError):
        raise
    except HttpResponseError as error:
        if error.status_code == 429:
            raise _throttled(error) from error
        if error.status_code == 413:
            raise ApiError(413, "item_too_large", "This is more than can be saved in one item") from error
        if error.status_code in {400, 409, 412}:
            raise
        log.warning("the database answered %s", error.status_code)
        raise unavailable("database_unavailable", "The database is away; try again") from error
    except AzureError as error:
        log.warning("the database did not answer: %s", type(error).__name__)
        raise unavailable("database_unavailable", "The database is away; try again") from error


def _throttled(error: HttpResponseError) -> ApiError:
    headers: Mapping[str, str] = getattr(error, "headers", None) or {}
    seconds = math.ceil(float(headers.get("x-ms-retry-after-ms") or 1000) / 1000)
    return ApiError(429, "throttled", "Too much at once; try again", headers={"Retry-After": str(max(seconds, 1))})
