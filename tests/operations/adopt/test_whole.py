"""A whole organisation of the old system, with everything that it let pass: the command brings it over."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.recording import recording
from embedded_cosmos.testing import CosmosAccount
from shared import instants
from tests.application import Application, application
from tests.events.delivering import deliver
from tests.operations.adopt import adopting
from tests.operations.adopt.old_system import Generator, OldSystem, old_system

ENTRIES = 10_000


@pytest.fixture
async def old(cosmos_account: CosmosAccount) -> AsyncIterator[OldSystem]:
    async with old_system(cosmos_account) as old:
        yield old


@pytest.fixture
async def new(cosmos_account: CosmosAccount, app: Application) -> AsyncIterator[Application]:
    """The app on a database of the test's own, for `check` looks at all of one."""
    del app
    async with application(cosmos_account, LONGEST_ENTRY_HOURS="168") as new:
        yield new


async def test_an_organisation_is_brought_over(new: Application, old: OldSystem, tmp_path: Path) -> None:
    generator = Generator(str(uuid4()), instants.now())
    await old.fill(generator.documents(ENTRIES))
    before = await old.everything()
    async with recording(old.endpoint) as recorder:
        out = await adopting.run(new, old, tmp_path, endpoint=recorder.url)
    assert set(recorder.kinds) <= {"query", "query plan", "read"}
    assert await old.everything() == before
    print(out)
    documents = await adopting.entries(new, generator.tenant_id)
    print(len(documents), len(before["time_entry"]))
    await deliver(new)
    assert await adopting.findings() == []
