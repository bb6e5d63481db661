"""Whatever the old system held, and however it changed between two runs: `check` finds nothing afterwards."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.application import Application
from tests.operations.adopt import adopting
from tests.operations.adopt.old_system import FIRST_DAY, OldSystem, text

# Of an old entry: which it is, whose, when it starts and how long it is (0: it runs), and whether it is deleted.
ENTRIES = st.lists(
    st.tuples(st.integers(1, 8), st.integers(1, 2), st.integers(0, 24), st.integers(-1, 9), st.booleans()), max_size=10
)


def documents(tenant_id: str, entries: Sequence[tuple[int, int, int, int, bool]]) -> list[dict[str, Any]]:
    made = {}
    for number, owner, hour, length, deleted in entries:
        start = FIRST_DAY + timedelta(hours=hour)
        made[number, owner] = {
            "id": str(UUID(int=number + 100 * owner)),
            "tenant_id": tenant_id,
            "owner_id": str(UUID(int=owner)),
            "start_date": text(start, number % 6),
            **({"end_date": text(start + timedelta(hours=length), number % 6)} if length else {}),
            **({"deleted": str(UUID(int=number))} if deleted else {}),
        }
    return [*made.values()]


@settings(max_examples=15)
@given(st.lists(st.tuples(ENTRIES, st.booleans()), min_size=1, max_size=3))
async def test_check_finds_nothing_after_any_adoption(
    new: Application, old: OldSystem, runs: list[tuple[list[tuple[int, int, int, int, bool]], bool]]
) -> None:
    tenant_id = str(uuid4())
    for entries, trim in runs:
        there = documents(tenant_id, entries)
        await old.fill({"time_entry": there})

        told = await adopting.adopt(old, *([tenant_id] if there else []), trim=trim)

        assert await adopting.findings() == []
        assert all(month.hours.new - month.hours.old == month.hours.listed for month in told.months)
    del new
