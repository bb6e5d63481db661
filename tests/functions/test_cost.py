"""What each call costs: round trips to the database in sequence, with warm caches, as the design's table allows."""

from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from urllib.request import getproxies
from uuid import uuid4

import aiohttp
import pytest

from benchmarks.capacity_model import SECONDS_A_MONTH, standing_units
from benchmarks.recording import Passed, Recorder
from embedded_cosmos.testing import CosmosAccount
from shared import instants
from shared.cosmos.containers import WATCHED
from shared.cosmos.items import own_fields
from shared.time_entries import forgotten
from shared.time_entries.remembered import memory
from shared.webhooks import sender
from tests.application import Application, application
from tests.calling import Answer, Person, ago, at
from tests.world import World, make_world


@dataclass(frozen=True, slots=True)
class Measured:
    """A world whose app reaches the database by way of a recorder, and that has been warmed up."""

    world: World
    recorder: Recorder

    async def cost(self, call: Awaitable[Answer], status: int = 200) -> int:
        """The round trips of a call that works."""
        with self.recorder.listening():
            (await call).ok(status)
        assert self.recorder.requests
        return self.recorder.round_trips


@pytest.fixture
async def measured(recorded: tuple[Application, Recorder], http: aiohttp.ClientSession) -> Measured:
    """The first entry makes the timeline document, and has the names of projects and activities read."""
    served, recorder = recorded
    world = await make_world(http, served)
    await world.entry("06:00", "07:00")
    (await world.user.get("time-entries")).ok()
    return Measured(world, recorder)


async def test_the_recorder_tells_one_after_another_from_side_by_side() -> None:
    times = [(0, 2), (1, 3), (3, 4), (2.5, 5), (4, 6)]
    recorder = Recorder(passed=[Passed("a request", came, answered) for came, answered in times])

    assert recorder.round_trips == 3
    assert Recorder().round_trips == 0


@pytest.mark.parametrize("ever", [True, False])
async def test_running_costs_one(measured: Measured, ever: bool) -> None:
    user = measured.world.user
    if ever:
        await measured.world.started()

    assert await measured.cost(user.get("time-entries/running"), 200 if ever else 204) == 1


async def test_get_costs_one(measured: Measured) -> None:
    entry = await measured.world.entry("10:00", "11:00")

    assert await measured.cost(measured.world.user.get(f"time-entries/{entry['id']}")) == 1


@pytest.mark.parametrize("query", [{}, {"month": 3, "year": 2024}, {"start_date": at("00:00")}, {"limit": 1}])
async def test_a_list_costs_one_whatever_it_holds(measured: Measured, query: dict[str, str | int]) -> None:
    world = measured.world
    for hour in range(10, 16):
        project = await world.project_named(str(hour), customer_id=world.customer["id"])
        await world.entry(f"{hour}:00", f"{hour}:30", project_id=project["id"])
    (await world.user.get("time-entries")).ok()

    assert await measured.cost(world.user.get("time-entries", query)) == 1
    assert len(measured.recorder.requests) <= 2


@pytest.fixture(params=[True, False], ids=["remembered", "new here"])
def known(request: pytest.FixtureRequest) -> bool:
    """Whether the worker that is called remembers the owner: it has just read or written for them."""
    return bool(request.param)


def met(known: bool) -> None:
    """Where nothing is to be known, the worker is as if another one had served the calls before."""
    if not known:
        memory.cache_clear()


async def test_a_start_costs_one_where_the_owner_is_remembered(measured: Measured, known: bool) -> None:
    world = measured.world
    met(known)

    assert await measured.cost(world.user.post("time-entries", world.references), 201) == (1 if known else 2)
    assert measured.recorder.kinds == ({"batch": 1} if known else {"read": 1, "batch": 1})
    assert measured.recorder.charge < (22 if known else 24)


async def test_a_stop_costs_one_where_the_owner_is_remembered(measured: Measured, known: bool) -> None:
    timer = await measured.world.started()
    met(known)

    assert await measured.cost(measured.world.user.post(f"time-entries/{timer['id']}/stop")) == (1 if known else 2)
    assert measured.recorder.kinds == ({"batch": 1} if known else {"read": 1, "batch": 1})
    assert measured.recorder.charge < (26 if known else 29)


async def test_starting_again_at_once_costs_no_more(measured: Measured, known: bool) -> None:
    """The stop ends a tenth of a second after the start, which may be ahead of the clock."""
    world = measured.world
    for _ in range(3):
        timer = await world.started()
        (await world.user.post(f"time-entries/{timer['id']}/stop")).ok()
    met(known)

    assert await measured.cost(world.user.post("time-entries", world.references), 201) == (1 if known else 2)
    assert measured.recorder.kinds == ({"batch": 1} if known else {"read": 1, "batch": 1})


async def test_a_wrong_guess_costs_a_refused_batch_and_a_look_for_it(measured: Measured) -> None:
    """Another instance has written since: the batch is refused, and was not applied; the rest is as without a guess."""
    world = measured.world
    keys = [world.tenant_id, world.user.user_id]
    container = world.app.container("time_entry")
    await container.upsert_item(dict(await container.read_item("timeline", keys)))

    await measured.cost(world.user.post("time-entries", world.references), 201)

    assert measured.recorder.kinds == {"batch": 2, "read": 2}


async def test_what_another_instance_wrote_of_the_timer_is_known_once_the_timeline_is_read(measured: Measured) -> None:
    """The page asks what runs: then the stop goes by the timeline's copy, not by the entry as written here."""
    world = measured.world
    timer = await world.started()
    container, keys = world.app.container("time_entry"), [world.tenant_id, world.user.user_id]
    written = {"description": "elsewhere"}
    stored, timeline = await world.stored("time_entry", timer), dict(await container.read_item("timeline", keys))
    await container.upsert_item(stored | written)
    await container.upsert_item(timeline | {"running": timeline["running"] | written})
    (await world.user.get("time-entries/running")).ok()

    assert await measured.cost(world.user.post(f"time-entries/{timer['id']}/stop")) == 1
    assert measured.recorder.kinds == {"batch": 1}


async def test_the_answer_to_a_batch_holds_no_documents(measured: Measured) -> None:
    world = measured.world

    await measured.cost(world.user.post("time-entries", {**world.references, "description": "x" * 1500}), 201)

    (batch,) = (one for one in measured.recorder.passed if one.kind == "batch")
    assert batch.answer_bytes < 500


@pytest.mark.parametrize(("start", "end"), [("10:00", "11:00"), ("02:00", "03:00")])
async def test_creating_in_the_past_costs_three_at_most(measured: Measured, start: str, end: str) -> None:
    world = measured.world
    body = {**world.references, "start_date": at(start), "end_date": at(end)}

    assert await measured.cost(world.user.post("time-entries", body), 201) <= 3


@pytest.mark.parametrize(
    "change",
    [{"description": "x"}, {"start_date": at("09:00")}, {"end_date": at("12:00")}, {"project_id": ""}],
    ids=["text", "start", "end", "project"],
)
async def test_an_update_costs_three_at_most(measured: Measured, change: dict[str, str]) -> None:
    world = measured.world
    entry, other = await world.entry("10:00", "11:00"), await world.project_named("Other")
    await world.entry("14:00", "15:00")
    change = {name: value or other["id"] for name, value in change.items()}

    assert await measured.cost(world.user.put(f"time-entries/{entry['id']}", change)) <= 3


@pytest.mark.parametrize("change", [{"description": "x"}, {"end_date": at("10:30")}], ids=["text", "shorter"])
async def test_what_needs_no_look_around_reads_timeline_and_entry_by_one_request(
    measured: Measured, change: dict[str, str]
) -> None:
    world = measured.world
    entry = await world.entry("10:00", "11:00")
    met(known=False)

    assert await measured.cost(world.user.put(f"time-entries/{entry['id']}", change)) == 2
    assert measured.recorder.kinds == {"batch": 2}


async def test_an_update_of_the_last_entry_written_here_costs_one(measured: Measured) -> None:
    world = measured.world
    earlier, entry = await world.entry("10:00", "11:00"), await world.entry("11:00", "12:00")

    assert await measured.cost(world.user.put(f"time-entries/{entry['id']}", {"description": "x"})) == 1
    assert await measured.cost(world.user.put(f"time-entries/{earlier['id']}", {"description": "x"})) == 2
    assert measured.recorder.kinds == {"read": 1, "batch": 1}


async def test_a_timer_that_is_named_while_it_runs_costs_one_for_each_write(measured: Measured) -> None:
    """What a page does: start, write what it is for, stop, correct that. Nothing is read."""
    world = measured.world
    timer = await world.started()
    path = f"time-entries/{timer['id']}"

    assert await measured.cost(world.user.put(path, {"description": "what it is for"})) == 1
    assert await measured.cost(world.user.post(f"{path}/stop")) == 1
    assert await measured.cost(world.user.put(path, {"description": "what it was for"})) == 1


async def test_an_update_of_the_timer_costs_three_at_most(measured: Measured) -> None:
    timer = await measured.world.started()
    user = measured.world.user

    assert await measured.cost(user.put(f"time-entries/{timer['id']}", {"description": "x"})) <= 3
    assert await measured.cost(user.put(f"time-entries/{timer['id']}", {"start_date": ago(minutes=9)})) <= 3


async def test_an_update_that_trims_costs_three_at_most(measured: Measured) -> None:
    world = measured.world
    await world.entry("10:00", "11:00")
    entry = await world.entry("11:00", "12:00")
    body = {"start_date": at("10:30"), "update_last_entry_if_overlap": True}

    assert await measured.cost(world.user.put(f"time-entries/{entry['id']}", body)) <= 3


async def test_a_restart_costs_three_at_most(measured: Measured) -> None:
    world = measured.world
    later, entry = await world.entry("12:00", "13:00"), await world.entry("10:00", "11:00")
    (await world.user.delete(f"time-entries/{later['id']}")).ok(204)

    assert await measured.cost(world.user.post(f"time-entries/{entry['id']}/restart")) <= 3


async def test_a_delete_costs_three_at_most(measured: Measured) -> None:
    entry = await measured.world.entry("10:00", "11:00")

    assert await measured.cost(measured.world.user.delete(f"time-entries/{entry['id']}"), 204) <= 3


async def test_a_summary_costs_one(measured: Measured) -> None:
    await measured.world.started()

    assert await measured.cost(measured.world.user.get("time-entries/summary")) == 1
    assert measured.recorder.kinds == {"query": 1}


@pytest.mark.parametrize("path", ["", "/paginated", "/latest"])
async def test_what_reaches_to_now_costs_one_query(measured: Measured, path: str) -> None:
    await measured.world.started()

    assert await measured.cost(measured.world.user.get(f"time-entries{path}")) == 1
    assert measured.recorder.kinds == {"query": 1}


async def test_a_page_of_the_past_costs_two_at_most(measured: Measured) -> None:
    query = {"month": 3, "year": 2024}

    assert await measured.cost(measured.world.user.get("time-entries/paginated", query)) <= 2
    assert len(measured.recorder.requests) <= 4


@pytest.mark.parametrize("path", ["", "/running", "/summary", "/latest", "/paginated"])
async def test_history_costs_nothing(measured: Measured, path: str) -> None:
    """What one's own calls are charged depends on what they show, not on how many years lie behind it."""
    world = measured.world
    await world.started()
    await measured.cost(world.user.get(f"time-entries{path}"))
    young = measured.recorder.charge

    await history(world, years=20)

    await measured.cost(world.user.get(f"time-entries{path}"))
    assert measured.recorder.charge == young


async def history(world: World, years: int) -> None:
    """A week of the user's in each of the last years, written behind the app's back."""
    entry = await world.entry("10:00", "11:00")
    stored = own_fields(await world.stored("time_entry", entry))
    for year in range(1990, 1990 + years):
        days = [{"start_date": f"{year}-01-0{day}T10:00:00.0000000Z"} for day in range(1, 8)]
        ends = [{"end_date": f"{year}-01-0{day}T11:00:00.0000000Z"} for day in range(1, 8)]
        entries = [{**stored, "id": str(uuid4()), **start, **end} for start, end in zip(days, ends, strict=True)]
        await world.app.container("time_entry").execute_item_batch(
            [("create", (one,)) for one in entries], [world.tenant_id, world.user.user_id]
        )


async def test_a_refused_start_costs_one(measured: Measured) -> None:
    """Nothing is asked of the database that the timeline document has told already."""
    world = measured.world
    await world.started()
    with measured.recorder.listening():
        (await world.user.post("time-entries", world.references)).refused(409)

    assert measured.recorder.round_trips == 1


async def test_a_netrc_file_is_nobodys_business_here(
    cosmos_account: CosmosAccount,
    app: Application,
    http: aiohttp.ClientSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Passwords that somebody keeps for other programs neither reach the database nor cost each call a look."""
    del app
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    for proxy in getproxies():
        monkeypatch.delenv(f"{proxy}_proxy", raising=False)
        monkeypatch.delenv(f"{proxy}_proxy".upper(), raising=False)
    async with application(cosmos_account) as served:
        with monkeypatch.context() as patch:
            patch.setenv("NETRC", str(netrc))

            assert (await Person(http, served.url, str(uuid4())).get("time-entries")).ok() == []


async def test_timers_that_find_nothing_cost_little_beside_the_idle_change_feed(measured: Measured) -> None:
    """Less than 5 % of what the feeds of the six containers cost that were watched before there were timers."""
    looks_a_month = {sender.run: SECONDS_A_MONTH / 10, look_for_forgotten_timers: SECONDS_A_MONTH / 300}
    units = 0.0
    for look, times in looks_a_month.items():
        # What other tests have left is done with.
        await look()
        with measured.recorder.listening():
            await look()
        units += measured.recorder.charge * times

    assert 0 < units < 0.05 * SECONDS_A_MONTH * standing_units(partitions=1, hosts=1) * 6 / len(WATCHED)


async def look_for_forgotten_timers() -> None:
    await forgotten.tell_of_all(instants.now())
