"""What this worker remembers of owners: each one's timeline, and the entry that it has last written for them.

A write may be decided by them instead of by a read, which saves a request. That is safe because the batch is applied
only if both documents are still what the worker remembers, by their `_etag`. Whatever else is decided so, a refusal or
an answer without a write, has no such guard: it is decided again by what is read.

Another instance may have written since. Then the batch is refused and the write starts over, which costs more than the
read would have. So the worker keeps an account of its guesses, and makes them only while they pay.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from shared.clients import on_close
from shared.cosmos import transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import Document
from shared.cosmos.transactions import Change
from shared.errors import ApiError

# A few kilobytes each.
MOST_OWNERS = 1000

# A right guess saves 2 RU and a round trip. A wrong one costs 1.5 RU for the refused batch, 2 for the look whether it
# was applied after all, and two round trips. With these figures guesses go on while four of five are right. Where all
# are wrong, one write of twenty makes one. While the database is away, a worker makes two: a write that begins with a
# read knows that it may be sent again, and one that begins with its batch does not.
EARNED_BY_RIGHT = 0.25
PRICE_OF_WRONG = 1.0
EARNED_BY_READING = 0.05
MOST_CREDIT = 2.0


@dataclass(slots=True)
class Remembered:
    """An owner's timeline document and one of their entries, whole; None where there is none to go by."""

    timeline: Document | None = None
    entry: Document | None = None

    def entry_called(self, entry_id: str) -> Document | None:
        """The entry, if it is this one."""
        return self.entry if self.entry and self.entry["id"] == entry_id else None


NOTHING = Remembered()

# Decides a write by what is remembered of its owner, and reads what that lacks.
Decide = Callable[[Remembered], Awaitable[Change[Document]]]


class Memory:
    """The owners that this worker has last dealt with, and the account of the guesses that it made by them."""

    def __init__(self) -> None:
        self._of = lru_cache(MOST_OWNERS)(lambda _tenant_id, _owner_id: Remembered())
        self._credit = MOST_CREDIT

    def guess(self, tenant_id: str, owner_id: str) -> Remembered:
        """What a write of the owner's may be decided by; NOTHING where it has to read."""
        known = self._of(tenant_id, owner_id)
        if known.timeline is None:
            return NOTHING
        if self._credit < PRICE_OF_WRONG:
            self._credit += EARNED_BY_READING
            return NOTHING
        return Remembered(known.timeline, known.entry)

    def settle(self, *, right: bool) -> None:
        """Enter a guess that was made into the account: whether its batch was applied."""
        if right:
            self._credit = min(self._credit + EARNED_BY_RIGHT, MOST_CREDIT)
        else:
            self._credit -= PRICE_OF_WRONG

    def read(self, timeline: Document) -> None:
        """Remember a timeline document as it was read.

        If another instance has written it since, it wrote an entry as well: as a rule the one that is remembered.
        """
        known = self._of(timeline["tenant_id"], timeline["owner_id"])
        if known.timeline is None or known.timeline["_etag"] != timeline["_etag"]:
            known.timeline, known.entry = timeline, None

    def wrote(self, timeline: Document, entry: Document | None) -> None:
        """Remember a timeline document as it was written, and what is known of the entry that was written with it."""
        known = self._of(timeline["tenant_id"], timeline["owner_id"])
        known.timeline, known.entry = timeline, entry


@cache
def memory() -> Memory:
    """This worker's memory, until the clients are closed."""
    on_close(_forget)
    return Memory()


async def _forget() -> None:
    memory.cache_clear()


async def settle(tenant_id: str, owner_id: str, decide: Decide) -> Document:
    """Apply what is decided; at first by what this worker remembers, if that leads to a write, otherwise by reading.

    Raises ApiError: what `decide` raises by what is read, and what `transactions.settle` does.
    """
    is_first, guessed, applied = True, False, False

    async def attempt() -> Change[Document]:
        nonlocal is_first, guessed
        known = memory().guess(tenant_id, owner_id) if is_first else NOTHING
        if guessed:
            memory().settle(right=False)
        is_first = guessed = False
        if known.timeline:
            try:
                change = await decide(known)
            except ApiError as error:
                # What refuses it may be no longer so; but a database that is away is not asked the same again.
                if transactions.says_try_again(error):
                    raise
            else:
                if change.operations:
                    guessed = True
                    return change
        return await decide(NOTHING)

    try:
        result = await transactions.settle(TIME_ENTRY, [tenant_id, owner_id], attempt)
        applied = True
    finally:
        if guessed:
            memory().settle(right=applied)
    return result
