"""`python cli.py report`: the same report as over HTTP, of everyone's time, of any size."""

import asyncio
import io
import json
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import openpyxl

from tests.application import ROOT
from tests.world import World

MARCH = {"start-date": "2024-03-01", "end-date": "2024-03-31", "timezone": "America/New_York"}


async def run(world: World, file: Path, **options: str) -> tuple[int | None, str]:
    environment = {name: value for name, value in options.items() if name.isupper()}
    given = {name: value for name, value in {**MARCH, **options}.items() if name not in environment}
    arguments = [text for name, value in given.items() for text in (f"--{name}", value)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "cli.py", "report", "--tenant", world.tenant_id, "--units", "100000", "-f", str(file)),
        *arguments, cwd=ROOT, env={**os.environ, **world.app.settings, **environment}, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    _, told = await process.communicate()
    return process.returncode, told.decode()


async def filled(world: World) -> None:
    (await world.admin.post("rates", {"kind": "billable", "amount": "85.50", "currency": "EUR"})).ok(201)
    await world.entry("10:00", "11:00")
    await world.entry("10:00", "12:00", who=world.person())


async def test_it_is_what_an_administrator_gets_over_http(world: World, tmp_path: Path) -> None:
    await filled(world)

    code, told = await run(world, tmp_path / "report.json", format="json", **{"group-by": "user,day"})

    query = {name.replace("-", "_"): value for name, value in MARCH.items()}
    over_http = (await world.admin.get("reports/time", {**query, "group_by": "user,day", "user_id": "*"})).ok()
    assert (code, "time entries 2" in told) == (0, True)
    assert json.loads((tmp_path / "report.json").read_text()) == over_http
    assert over_http["amounts"] == [{"currency": "EUR", "billable": "256.50", "cost": "0.00"}]


async def test_no_size_is_too_large(world: World, tmp_path: Path) -> None:
    await filled(world)

    code, _ = await run(world, tmp_path / "report.xlsx", REPORT_MOST_ENTRIES="1")

    assert code == 0
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "report.xlsx").read_bytes()))
    assert book.sheetnames == ["Report", "Entries"]
    assert book["Report"]["C4"].value == 3


async def test_a_bad_question_is_told_in_a_line_and_writes_nothing(world: World, tmp_path: Path) -> None:
    code, told = await run(world, tmp_path / "report.csv", format="csv", **{"group-by": "team"})

    assert code == 1
    assert told.splitlines()[-1].startswith("Error: group_by: There is no group 'team'; there are: customer, project,")
    assert not (tmp_path / "report.csv").exists()
