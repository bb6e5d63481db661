"""Several entries of an owner in one batch: as many as fit, and what is known of them afterwards."""

from typing import Any
from uuid import uuid4

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from shared import instants
from shared.auth.caller import Caller
from shared.cosmos import transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.transactions import Change
from shared.time_entries.store import LARGEST_BATCH_BYTES, MOST_WRITES, Write, change_of, fitting
from shared.time_entries.timeline import read_timeline
from tests.application import Application
from tests.calling import at

# As long as its text may be, of characters that JSON escapes twelve bytes long.
LONGEST = {"description": "😀" * 1500, "uri": "😀" * 2000, "technologies": ["😀" * 100] * 10}


def writes(caller: Caller, count: int, **fields: Any) -> list[Write]:
    return [
        Write(
            None,
            {
                "id": str(uuid4()), "tenant_id": caller.tenant_id, "owner_id": caller.user_id,
                "start_date": at(f"10:{minute:02d}"), "end_date": at(f"10:{minute + 1:02d}"), **fields,
            },
            "import",
            "Import a time entry",
        )
        for minute in range(count)
    ]  # fmt: skip


async def write(caller: Caller, batch: list[Write]) -> list[str]:
    """Write them, and return the etags that the answer told."""
    told: list[str] = []

    async def attempt() -> Change[Any]:
        timeline = await read_timeline(caller.tenant_id, caller.user_id)
        change = change_of(caller, instants.now(), timeline, batch)
        return Change(None, change.operations, change.outbox, applied=told.extend)

    await transactions.settle(TIME_ENTRY, [caller.tenant_id, caller.user_id], attempt)
    return told


def somebody() -> Caller:
    return Caller(str(uuid4()), str(uuid4()))


async def test_as_many_entries_as_fit_go_into_one_batch(app: Application) -> None:
    caller = somebody()
    short, long = writes(caller, MOST_WRITES + 1), writes(caller, 40, **LONGEST)

    batch = fitting(short)
    await write(caller, batch)
    batches = [fitting(long)]
    while left := long[sum(map(len, batches)) :]:
        batches.append(fitting(left))
    for one in batches:
        await write(caller, one)

    assert len(batch) == MOST_WRITES
    assert 1 < len(batches) < 10
    assert fitting([]) == []
    assert len(fitting(writes(caller, 2, description="x" * LARGEST_BATCH_BYTES))) == 1
    del app


async def test_the_etags_that_a_batch_left_are_told(app: Application) -> None:
    caller = somebody()
    batch = writes(caller, 3)

    told = await write(caller, batch)

    partition = [caller.tenant_id, caller.user_id]
    ids = [*(one.after["id"] for one in batch), "timeline"]
    container = app.container(TIME_ENTRY)
    assert told == [(await container.read_item(id_, partition_key=partition))["_etag"] for id_ in ids]


async def test_no_etag_is_told_where_the_answer_was_lost(flaky: Application, faults: Faults) -> None:
    del flaky
    caller = somebody()
    faults.inject(Fault(Kind.DROP_AFTER, Operation.BATCH, count=10**6))

    assert await write(caller, writes(caller, 1)) == []
