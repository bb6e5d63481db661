"""`python cli.py import` and `take-back`: files of any size, with progress, and from where they were cut off."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from itertools import pairwise
from pathlib import Path

from tests.application import ROOT
from tests.imports.importing import GENERIC, entries, file_of, generic
from tests.world import World


async def run(world: World, *arguments: str, environment: dict[str, str] | None = None) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "cli.py", *arguments, "--tenant", world.tenant_id, "--user", world.admin.user_id,
        "--units", "1000000", cwd=ROOT, env={**os.environ, **world.app.settings, **(environment or {})},
        stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    out, told = await process.communicate()
    return process.returncode, out.decode(), told.decode()


def rows(count: int) -> list[str]:
    clocks = [
        f"2024-03-{1 + number // 48:02}T{number % 48 // 2:02}:{number % 2 * 30:02}" for number in range(count + 1)
    ]
    return [generic(f"{start}:00Z", f"{end}:00Z", f"Row {start}") for start, end in pairwise(clocks)]


async def test_a_file_is_imported_and_taken_back(world: World, tmp_path: Path) -> None:
    file = tmp_path / "Anna's march.csv"
    file.write_text(
        file_of(
            GENERIC, *rows(60), generic("never", ""), generic("2024-03-20T00:00Z", "2024-03-20T01:00Z", project="New")
        )
    )

    dry = await run(world, "import", str(file), "--dry-run")
    assert await entries(world.admin) == []
    code, out, told = await run(world, "import", str(file))

    assert dry[1] == out[: out.index("To undo")]
    assert (code, told.strip()) == (0, "rows 62")
    assert out.splitlines()[:2] == [
        "row 62: date_invalid: The row's date can't be read", "61 created, 0 unchanged, 1 failed; made: 1 projects",
    ]  # fmt: skip
    (entry, *_) = await entries(world.admin)
    (event,) = await world.outbox("time_entry", entry)
    assert event["description"] == "Import a time entry from Anna's march.csv"
    assert len(event["session_id"]) == 32
    assert "0 created, 61 unchanged" in (await run(world, "import", str(file)))[1]

    (import_id,) = re.findall(r"take-back (\S+)", out)
    (await world.admin.put(f"time-entries/{entry['id']}", {"description": "Mine"})).ok()
    code, out, told = await run(world, "take-back", import_id)

    assert (code, told.strip()) == (0, "time entries 60")
    assert out.splitlines() == [f"{entry['id']}: changed_since", "60 deleted, 1 kept"]
    assert [one["description"] for one in await entries(world.admin)] == ["Mine"]


async def test_what_can_not_be_done_is_one_clear_line(world: World, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(file_of("a,b", "1,2"))

    for arguments, words in (
        (("import", str(file), "--timezone", "UTC"), "has no column"),
        (("import", str(file), "--timezone", "Nowhere"), "time zone"),
        (("import", str(tmp_path / "none.csv")), "does not exist"),
        (("import", str(file), "--format", "excel"), "--format"),
        (("take-back", "x"), "UUID"),
        (("take-back", world.tenant_id), "no such import"),
    ):
        code, out, told = await run(world, *arguments)
        assert code
        assert words in out + told
        assert "Traceback" not in told


async def test_no_size_is_too_large_and_a_call_takes_no_such_import_back(world: World, tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(file_of(GENERIC, *rows(1001)))

    code, out, _ = await run(world, "import", str(file))

    assert (code, "1001 created" in out) == (0, True)
    (import_id,) = re.findall(r"take-back (\S+)", out)
    refused = (await world.admin.delete(f"imports/{import_id}")).refused(422, "import_too_large")
    assert "cli.py take-back" in refused["message"]
    assert "1001 deleted, 0 kept" in (await run(world, "take-back", import_id))[1]
