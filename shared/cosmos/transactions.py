"""Writing documents: a transactional batch, tried until it is applied.

A write is an *attempt* that reads the present state, decides, and returns a Change. `settle` applies the Change as one
batch of one logical partition, and starts the attempt over when another writer was faster.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from azure.core.exceptions import AzureError
from azure.cosmos.exceptions import CosmosBatchOperationError

from shared.clients import container
from shared.cosmos.items import Document, Partition, database, read
from shared.errors import ApiError, unavailable

# What `execute_item_batch` takes: name, positional arguments, keyword arguments.
Operation = tuple[str, tuple[Any, ...], dict[str, Any]]

TRIES = 8
FIRST_WAIT_SECONDS = 0.02
LONGEST_WAIT_SECONDS = 0.32

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """What an attempt decided: operations on items, the outbox documents of their events, and what to answer.

    Without operations nothing is written. `taken` makes the error that is raised when the id or unique key of the first
    operation is taken; without it, that is a lost race like any other. `applied` is told the etag that each operation
    left, in their order; not where the answer was lost.
    """

    result: T
    operations: Sequence[Operation] = ()
    outbox: Sequence[Document] = ()
    taken: Callable[[], ApiError] | None = None
    applied: Callable[[Sequence[str]], None] | None = None


Attempt = Callable[[], Awaitable[Change[T]]]


class LostRace(Exception):  # noqa: N818 - not an error: the attempt starts over
    """Another writer was faster, or it is not known whether this write was applied: read again and decide afresh."""


class Exists(LostRace):
    """A document with the same id or unique key is there. `index` is the operation's place in the batch."""

    def __init__(self, index: int | None) -> None:
        super().__init__()
        self.index = index


class UnknownOutcome(LostRace):
    """The connection failed: the write may have been applied, or may be applied later."""


def create(document: Document) -> Operation:
    """The operation that creates `document`; Exists when its id or unique key is taken."""
    return "create", (document,), {}


def replace(document: Document, read: Document) -> Operation:
    """The operation that replaces `read` with `document`; LostRace when it is no longer what was read."""
    return "replace", (document["id"], document), {"if_match_etag": read["_etag"]}


def change(document_id: str, fields: Mapping[str, Any], condition: str) -> Operation:
    """The operation that sets up to ten fields of a document that was not read; LostRace unless `condition` holds.

    `condition` is a predicate of the form `FROM c WHERE …`.
    """
    sets = [{"op": "set", "path": f"/{name}", "value": value} for name, value in fields.items()]
    return "patch", (document_id, sets), {"filter_predicate": condition}


def delete(read: Document) -> Operation:
    """The operation that deletes `read`; LostRace when it is no longer what was read."""
    return "delete", (read["id"],), {"if_match_etag": read["_etag"]}


async def settle(container_id: str, partition: Partition, attempt: Attempt[T]) -> T:
    """Make attempts until one is applied: at most 8, with a random wait between them. Returns its result.

    An attempt whose answer was lost is looked up by the id of its outbox document: if that is there, the batch was
    applied. This includes answers that the SDK hides: after a dropped connection it sends a batch once more, and the
    second sending meets what the first has written.

    Raises ApiError: what the attempt raises; 409 when the race is lost again and again; 503 `outcome_unknown` when a
    batch was sent and it can't be found out whether it was applied. What ends the request otherwise, its deadline or a
    later failure, asks `may_have_written`.
    """
    async with _queue(container_id, partition):
        return await _Writer(container_id, partition, attempt).write()


class Writes:
    """What is known of the writes of one request."""

    may_have_written = False


class Sendings:
    """What is known of the times that the SDK sends one batch: see transport.py."""

    may_be_applied = False


# Set where a batch is sent, so that the SDK's tasks share the object.
sendings: ContextVar[Sendings] = ContextVar("sendings", default=Sendings())  # noqa: B039 - nobody asks the default

# Set where a request begins, so that all its tasks share the object.
writes_of_request: ContextVar[Writes] = ContextVar("writes_of_request")


def may_have_written() -> bool:
    """Whether this request has written something, or may have: then nothing that ends it may say "try again"."""
    return writes_of_request.get(Writes()).may_have_written


def outcome_unknown() -> ApiError:
    """503 for a write that may have been applied."""
    return unavailable(
        "outcome_unknown", "It is not known whether this was saved; look at what is there before you try again"
    )


def _queue(container_id: str, partition: Partition) -> asyncio.Lock:
    """Writers of one partition within this process wait for one another, and so do not make each other start over.

    This only saves attempts. Between processes, the conditions of the batch decide.
    """
    return _QUEUES.setdefault(f"{container_id} {partition}", asyncio.Lock())


# A queue is gone when no writer is in it.
_QUEUES: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


class _Writer(Generic[T]):
    """The attempts of one write, and those among them whose outcome is unknown."""

    def __init__(self, container_id: str, partition: Partition, attempt: Attempt[T]) -> None:
        self._container_id = container_id
        self._partition = partition
        self._attempt = attempt
        self._doubtful: list[Change[T]] = []
        self._writes = writes_of_request.get(Writes())
        self._has_written_before = self._writes.may_have_written

    async def write(self) -> T:
        for number in range(1, TRIES + 1):
            try:
                return await self._try_once()
            except UnknownOutcome as error:
                if number == TRIES:
                    raise outcome_unknown() from error
            except LostRace as error:
                if number == TRIES:
                    raise ApiError(409, "write_conflict", "Others are changing the same item; try again") from error
            longest = min(FIRST_WAIT_SECONDS * 2 ** (number - 1), LONGEST_WAIT_SECONDS)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - spreads writers, and guards nothing
        raise AssertionError("unreachable: the last try returns or raises")

    async def _try_once(self) -> T:
        change: Change[T] | None = None
        try:
            change = await self._attempt()
            if change.operations:
                self._writes.may_have_written = True
                await self._execute(change)
        except (LostRace, ApiError) as error:
            if isinstance(error, UnknownOutcome) and change:
                self._doubtful.append(change)
            if applied := await self._find_applied(change, error):
                return applied.result
            self._writes.may_have_written = self._has_written_before or bool(self._doubtful)
            if self._doubtful and isinstance(error, ApiError) and says_try_again(error):
                raise outcome_unknown() from error
            if isinstance(error, Exists) and error.index == 0 and change and change.taken:
                raise change.taken() from error
            raise
        return change.result

    async def _find_applied(self, change: Change[T] | None, error: LostRace | ApiError) -> Change[T] | None:
        """That one among the changes sent which was applied after all, though the last of them failed.

        Also of a batch that was refused: the SDK may have sent it twice, and got the answer to the second sending only.
        """
        sent = [*self._doubtful, change] if change and change not in self._doubtful else self._doubtful
        try:
            for candidate in sent:
                if candidate.outbox and await read(self._container_id, candidate.outbox[0]["id"], self._partition):
                    return candidate
        except ApiError as unreadable:
            # What the database has surely refused, because it throttles for one, counts as not applied.
            if self._doubtful or isinstance(error, LostRace):
                raise outcome_unknown() from unreadable
        return None

    async def _execute(self, change: Change[T]) -> None:
        operations = [*change.operations, *(create(document) for document in change.outbox)]
        sent = Sendings()
        sendings.set(sent)
        with database():
            try:
                # Without the documents in the answer: of these, nothing is used.
                results = await container(self._container_id).execute_item_batch(
                    operations, partition_key=self._partition, no_response=True
                )
            except AzureError as error:
                if lost := _lost_race(error):
                    raise lost from error
                if sent.may_be_applied:
                    raise UnknownOutcome from error
                raise
        if change.applied:
            change.applied([result["eTag"] for result in results[: len(change.operations)]])


def _lost_race(error: AzureError) -> LostRace | None:
    """How a batch was refused because others have written; 404 is a document deleted between reading and writing."""
    if isinstance(error, CosmosBatchOperationError):
        match error.status_code:
            case 409:
                return Exists(error.error_index)
            case 404 | 412 | 449:
                return LostRace()
    return None


def says_try_again(error: ApiError) -> bool:
    """Whether the caller is told to send the same request again."""
    return error.status == 429 or error.status >= 500
