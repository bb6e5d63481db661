"""`export-user`, `erase-user` and `check`, run as a person runs them: paced, telling how far they are, cut off."""

import asyncio
import json
import os
import pty
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from benchmarks.recording import Recorder, recording
from embedded_cosmos.testing import CosmosAccount
from shared import instants
from shared.instants import parse_instant
from tests.application import ROOT, Application, application
from tests.events.delivering import deliver
from tests.operations.persons import holding
from tests.operations.test_check import lose_event
from tests.world import World, make_world

COMMANDS = ("export-user", "erase-user", "check")
FAST = "100000"
PATIENCE_SECONDS = 30
# How much sooner a request may seem to come than it was sent, where the machine is busy.
SLACK_SECONDS = 0.2


@pytest.fixture
async def served(cosmos_account: CosmosAccount, app: Application) -> AsyncIterator[Application]:
    """The app on a database of the test's own, for `check` looks at all of one."""
    del app
    async with application(cosmos_account) as served:
        yield served


@pytest.fixture
async def world(served: Application, http: aiohttp.ClientSession) -> World:
    world = await make_world(http, served)
    for hour in range(10, 14):
        await world.entry(f"{hour}:00", f"{hour}:30", description="Dentist")
    await deliver(served)
    return world


async def start(world: World, *arguments: str, endpoint: str | None = None, stderr: int = PIPE) -> Process:
    reached = {"COSMOS_ENDPOINT": endpoint} if endpoint else {}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "cli.py", *arguments, *arguments_for(world, arguments[0])),
        cwd=ROOT, env={**os.environ, **world.app.settings, **reached}, stdout=PIPE, stderr=stderr,
    )  # fmt: skip


def arguments_for(world: World, command: str) -> list[str]:
    if command == "check":
        return []
    return ["--tenant", world.tenant_id, "--user", world.user.user_id]


async def run(world: World, *arguments: str, endpoint: str | None = None, units: str = FAST) -> tuple[int, str, str]:
    process = await start(world, *arguments, "--units", units, endpoint=endpoint)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    return process.returncode or 0, out.decode(), err.decode()


def ordinary(command: str, file: Path) -> list[str]:
    """What the command needs, apart from the person."""
    return {"export-user": [command, "-f", str(file)], "erase-user": [command, "--yes"], "check": [command]}[command]


def check_pace(recorder: Recorder, units: float) -> None:
    """One request at a time, and never more than was earned since any of them."""
    came = [one.came for one in recorder.passed]
    assert all(later.came >= one.answered for one, later in pairwise(recorder.passed))
    for first in range(len(came)):
        spent = 0.0
        for place in range(first + 1, len(came)):
            spent += recorder.passed[place - 1].charge
            assert came[place] - came[first] >= spent / units - SLACK_SECONDS, recorder.passed[first : place + 1]


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_request_keeps_the_pace(world: World, tmp_path: Path, command: str) -> None:
    await lose_event(world, world.customer)
    async with recording(world.app.settings["COSMOS_ENDPOINT"]) as recorder:
        arguments = ordinary(command, tmp_path / "export.jsonl")
        code, _, err = await run(world, *arguments, endpoint=recorder.url)
        assert code == 0, err
        units = recorder.charge / 2
        recorder.passed.clear()

        for item in (world.project, await world.entry("20:00", "21:00", description="Dentist")):
            await deliver(world.app)
            await lose_event(world, item)
        code, _, err = await run(world, *arguments, endpoint=recorder.url, units=str(units))

    assert code == 0, err
    assert recorder.charge > units / 4
    check_pace(recorder, units)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("export-user", "user 1, time_entry 4, outbox 4, event 4"),
        ("erase-user", "time_entry 8, event 4"),
        ("check", "customer 1, project 1, activity 1, time_entry 9"),
    ],
)
async def test_the_totals_come_at_last(world: World, tmp_path: Path, command: str, told: str) -> None:
    _, _, err = await run(world, *ordinary(command, tmp_path / "export.jsonl"))

    assert err.splitlines() == [told]


async def test_nothing_to_do_is_told_as_well(world: World) -> None:
    await run(world, "erase-user", "--yes")

    assert await run(world, "erase-user", "--yes") == (0, "", "Nothing was found.\n")


async def test_who_clocks_in_meanwhile_is_not_in_the_way_of_an_erasure(world: World) -> None:
    erasing = asyncio.create_task(run(world, "erase-user", "--yes", units="200"))

    written = 0
    while not erasing.done():
        timer = await world.started()
        stopped = (await world.user.post(f"time-entries/{timer['id']}/stop")).ok()
        written += 1
        # An entry lasts a tenth of a second at least: a program that writes faster runs ahead of the clock, and the
        # erasure, which is paced, behind the program.
        ahead = parse_instant(stopped["end_date"]) - instants.now() - timedelta(seconds=1)
        await asyncio.sleep(max(0, ahead.total_seconds()))

    assert written > 4
    code, _, err = await erasing
    assert code == 0, err
    assert await holding(world.app, "Dentist") == []


async def test_an_erasure_asks_first(world: World) -> None:
    process = await start(world, "erase-user")
    out, _ = await process.communicate()

    assert process.returncode == 1
    assert b"can't be undone" in out
    assert (await world.user.get("time-entries", {"month": 3, "year": 2024})).ok()[0]["description"] == "Dentist"


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Started by a shell in the background, tests ignore SIGINT, and so would the commands that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
async def test_on_a_terminal_it_tells_how_far_it_is_and_where_to_go_on(world: World) -> None:
    # At this pace there is work for half a minute: the signal comes in the midst of it, however slow the machine.
    for _ in range(10):
        await world.entry("10:00", "11:00", who=world.person())
    await deliver(world.app)
    ours, theirs = pty.openpty()
    process = await start(world, "check", "--units", "10", stderr=theirs)
    os.close(theirs)
    place = re.compile(r"\r\x1b\[K[^\r]*; go on with --from-owner ([0-9a-f-]{36})")
    shown = ""
    while not place.search(shown):
        shown += (await asyncio.to_thread(os.read, ours, 1000)).decode()

    process.send_signal(signal.SIGINT)
    out, _ = await process.communicate()
    os.close(ours)
    assert process.returncode == 1
    assert b"All is well" not in out

    (owner,) = {match[1] for match in place.finditer(shown)}
    code, out_text, err = await run(world, "check", "--from-owner", owner)
    assert (code, out_text) == (0, "All is well.\n")
    assert re.fullmatch(r"time_entry \d+\n", err)


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.parametrize("lines", [0, 1, 6, 13])
async def test_an_export_goes_on_where_it_was_cut_off(world: World, tmp_path: Path, lines: int) -> None:
    file, part = tmp_path / "export.jsonl", tmp_path / "export.jsonl.part"
    assert (await run(world, "export-user", "-f", str(file)))[0] == 0
    written = file.read_text().splitlines(keepends=True)
    assert not part.exists()
    assert file.stat().st_mode & 0o077 == 0
    # Something to know the lines by that are not read again, and half a line.
    before = [line.replace("Dentist", "as it was read") for line in written[:lines]]
    part.write_text("".join(before) + written[-1][:40])
    file.unlink()

    _, _, err = await run(world, "export-user", "-f", str(file))

    assert err == "user 1, time_entry 4, outbox 4, event 4\n"
    assert file.read_text() == "".join([*before, *written[lines:]])
    assert not part.exists()


async def test_an_export_that_is_killed_leaves_no_file_that_could_be_taken_for_whole(
    world: World, tmp_path: Path
) -> None:
    file, part = tmp_path / "export.jsonl", tmp_path / "export.jsonl.part"
    process = await start(world, "export-user", "-f", str(file), "--units", "10")
    while not part.exists():  # noqa: ASYNC110 - a file tells nobody that it is there
        await asyncio.sleep(0.01)
    process.kill()
    await process.communicate()
    assert not file.exists()

    assert (await run(world, "export-user", "-f", str(file)))[0] == 0
    assert len(lines_of(file)) == 13


@pytest.mark.parametrize(
    "present",
    ['{"kind": "user", "id": "somebody else", "tenant_id": "x"}\n', "a diary\n", '["kind", "id"]\n', "{}\n"],
)
async def test_what_is_not_this_export_is_not_continued(world: World, tmp_path: Path, present: str) -> None:
    file, part = tmp_path / "export.jsonl", tmp_path / "export.jsonl.part"
    part.write_text(present)

    code, _, err = await run(world, "export-user", "-f", str(file))

    assert code == 1
    assert err == f"Error: {part} can't be written: it is not the beginning of this export\n"
    assert part.read_text() == present


async def test_an_export_can_be_printed(world: World) -> None:
    code, out, err = await run(world, "export-user", "-f", "-")

    assert (code, err) == (0, "user 1, time_entry 4, outbox 4, event 4\n")
    assert len([json.loads(line) for line in out.splitlines()]) == 13


async def test_a_database_that_is_away_is_one_clear_line(world: World, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"

    code, _, err = await run(world, "export-user", "-f", str(file), endpoint="http://localhost:1/")

    assert code == 1
    # The SDK says something of its own before.
    assert re.fullmatch(r"(Marking .+\n)*user 1\nError: the database can't be reached \(\w+\)\n", err)
    assert not file.exists()
