"""`adopt` as a person calls it: what it refuses, what it leaves when it fails, its pace, and the files."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from uuid import uuid4

import pytest
from azure.cosmos.aio import CosmosClient

from benchmarks.recording import recording
from operations.adopt.source import OldDatabase, ReadingPace, WriteRefusedError
from shared import instants
from tests.application import ROOT, Application
from tests.operations.adopt import adopting
from tests.operations.adopt.old_system import Generator, OldSystem
from tests.operations.adopt.test_adoption import EVERY_CODE
from tests.operations.test_work_by_hand import check_pace

UNKNOWN = "0b9a5d3e-1f43-4c53-9d0e-6a1f1f1f7a01"


async def refusal(app: Application, old: OldSystem, folder: Path, *more: str, **environment: str) -> str:
    """The last line of a command that must fail."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "cli.py", "adopt", "--from-endpoint", old.endpoint, "--from-database", old.database.id),
        *("--file", str(folder / "adopted.csv"), *more),
        cwd=ROOT, env={**os.environ, **app.settings, "FROM_KEY": old.key, **environment}, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), adopting.PATIENCE_SECONDS)
    assert process.returncode != 0, (out, err)
    assert b"Traceback" not in err
    return err.decode().splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tenant", UNKNOWN], f"Error: the old database has nothing of the tenant {UNKNOWN}"),
        (["--tenant", "acme"], "'acme' is not a UUID"),
        (["--from-database", "nowhere"], "Error: the old account has no container nowhere/customer"),
        (["--from-endpoint", "http://localhost:1/"], r"Error: the old database can't be reached \(\w+\)"),
        (["--from-endpoint", "old"], "'old' is no address"),
        (["--from-key", "bm9uZQ=="], "Error: the old database answered 401"),
        (["--overlaps", "merge"], "is not one of"),
        (["--file", "/nowhere/adopted.csv"], "Error: /nowhere/adopted.csv.part can't be written"),
    ],
)
async def test_what_it_cannot_do_it_says_in_one_line_and_leaves_no_file(
    new: Application, old: OldSystem, tmp_path: Path, arguments: list[str], message: str
) -> None:
    assert re.search(message, await refusal(new, old, tmp_path, *arguments))
    assert not (tmp_path / "adopted.csv").exists()
    assert not (tmp_path / "adopted-hours.csv").exists()


async def test_the_new_database_is_not_adopted_into_itself(new: Application, old: OldSystem, tmp_path: Path) -> None:
    settings = {"COSMOS_DATABASE": old.database.id}

    assert "that is the new database" in await refusal(new, old, tmp_path, **settings)


async def test_nothing_but_reading_passes_to_the_old_account(new: Application, old: OldSystem) -> None:
    del new
    before = await old.everything()
    async with CosmosClient(old.endpoint, old.key, transport=ReadingPace(adopting.FAST)) as client:
        container = client.get_database_client(old.database.id).get_container_client("customer")
        item = {"id": UNKNOWN, "tenant_id": UNKNOWN}
        with pytest.raises(WriteRefusedError):
            await container.create_item(item)
        with pytest.raises(WriteRefusedError):
            await container.delete_item(UNKNOWN, UNKNOWN)
        with pytest.raises(WriteRefusedError):
            await container.execute_item_batch([("upsert", (item,))], partition_key=UNKNOWN)
    async with OldDatabase(old.endpoint, old.key, old.database.id, adopting.FAST) as source:
        assert await source.items("customer", UNKNOWN) == []
    assert await old.everything() == before


async def test_every_request_keeps_the_pace_in_both_accounts(new: Application, old: OldSystem, tmp_path: Path) -> None:
    generator = Generator(str(uuid4()), instants.now())
    await old.fill(generator.documents(60, 2))
    units = 800.0
    async with recording(old.endpoint) as there, recording(new.settings["COSMOS_ENDPOINT"]) as here:
        reached = Application(new.url, new.database, {**new.settings, "COSMOS_ENDPOINT": here.url})
        await adopting.run(reached, old, tmp_path, "--units", str(units), endpoint=there.url)

    assert there.charge > units / 10
    assert here.charge > units
    check_pace(there, units)
    check_pace(here, units)


async def test_the_list_is_for_its_owners_eyes_and_holds_no_formula(
    new: Application, old: OldSystem, tmp_path: Path
) -> None:
    item = {"id": UNKNOWN, "tenant_id": UNKNOWN, "name": '=HYPERLINK("http://example.com") ', "_ts": 1}
    await old.fill({"customer": [item, {**item, "id": "a customer", "name": 5}]})

    out = await adopting.run(new, old, tmp_path)

    lines = adopting.lines_of(tmp_path / "adopted.csv")
    (named,) = [line for line in lines if line["id"] == UNKNOWN]
    assert (named["old"], named["new"]) == (f"'{item['name']}", f"'{str(item['name']).strip()}")
    assert {line["old"] for line in lines if line is not named} == {"a customer", "5"}
    for name in ("adopted.csv", "adopted-hours.csv"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert out.splitlines()[-1] == "0.0000 h in the old system, 0.0000 h of them here: 0.0000 h, as the list explains."


def test_the_page_explains_every_code() -> None:
    _, chapter = (ROOT / "docs/moving.md").read_text(encoding="utf-8").split("\n### The list\n")
    rows = re.findall(r"^\| ((?:`[a-z_…]+`(?:, )?)+) \|", chapter.partition("\n### ")[0], re.MULTILINE)
    told = {code for row in rows for code in re.findall(r"`([a-z_…]+)`", row)}
    families = tuple(code[:-1] for code in told if code.endswith("…"))
    codes = EVERY_CODE | {"id_taken", "tenant_invalid", "changed_here", "changed_in_both", "period_locked"}

    assert {code for code in codes if not code.startswith(families)} - told == set()
    assert {code for code in told if not code.endswith("…")} <= codes
