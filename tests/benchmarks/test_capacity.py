"""The arithmetic of `docs/capacity.md`, against numbers worked by hand, and the page against the arithmetic."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from benchmarks import capacity, capacity_model
from benchmarks.calls import OPERATIONS
from benchmarks.capacity_model import (
    EVENTS,
    NAMING,
    SIZES,
    STARTS,
    Assumptions,
    Model,
    Operation,
    names_units,
    operations,
    partitions_for,
    standing_units,
    total,
)
from embedded_cosmos import charges
from shared.auth.caller import Caller
from shared.catalog.references import MOST_TENANTS
from shared.config import Settings
from shared.cosmos.containers import TIME_ENTRY, WATCHED
from shared.events.outbox import outbox_document, stamped
from shared.logs import correlation_id
from shared.time_entries.timeline import Timeline

ROOT = Path(__file__).parents[2]
NOBODY = Assumptions(
    page_openings_a_day=0,
    page_open_minutes_a_day=0,
    clock_ins_a_day=0,
    switches_a_day=0,
    corrections_a_day=0,
    admin_share=0,
    rush_share=0,
    index_share=0,
)
# What a write adds to the change feed: three documents, which are read beyond the page's own charge.
FEED = charges.change_feed(3, SIZES["entry"] + SIZES["timeline"] + SIZES["outbox"]) - charges.change_feed(0, 0)


def costing(**units: float) -> dict[str, Operation]:
    """Operations that cost so many request units, one trip and a millisecond each; the others cost nothing."""
    charged = {name.replace("_", " "): value for name, value in units.items()}
    nothing = Operation(0, 0, 0, 0)
    return {n: Operation(charged[n], 1, 0.001, charged[n]) if n in charged else nothing for n in OPERATIONS}


def traffic_of(**calls: float) -> dict[str, float]:
    return dict.fromkeys(OPERATIONS, 0.0) | {name.replace("_", " "): value for name, value in calls.items()}


@pytest.fixture(scope="module")
def model() -> Model:
    """What the page is made from."""
    return Model(operations(Assumptions().people_a_report), Assumptions())


def test_after_each_write_the_page_reads_the_list_and_the_summary_again() -> None:
    """4 openings; 2 starts, 2 stops, 3 switches and 2 changes make 9 writes; two hours of a poll a minute are 120."""
    assert Model({}, Assumptions()).day() == {
        "running": 124,
        "get": 2,
        "list of a month": 13,
        "start": 2,
        "stop": 2,
        "stop + start": 3,
        "put": 2,
        "summary": 13,
        "report of a month": 0.02,
    }


def test_the_peak_is_the_rush_on_top_of_an_ordinary_second() -> None:
    """900 users, of whom a third start within 15 minutes, in its busiest seconds three times as fast: 1 a second."""
    model = Model({}, replace(NOBODY, clock_ins_a_day=32, rush_share=1 / 3, rush_minutes=15, burst=3))
    ordinary, peak = (model.second(900, rush=rush) for rush in (False, True))

    assert ordinary["start"] == pytest.approx(1)
    assert peak["start"] == pytest.approx(1 + 1)
    assert peak["stop"] == pytest.approx(1)
    assert peak["running"] == pytest.approx(1)
    assert peak["summary"] == pytest.approx(2 + 2)


def test_a_switch_is_two_calls_two_events_and_one_start() -> None:
    rates = traffic_of(running=5, summary=7, start=1, stop=1, put=2) | {"stop + start": 3}

    assert total(rates, capacity_model.CALLS) == 5 + 7 + 1 + 1 + 2 + 6
    assert total(rates, NAMING) == 15
    assert total(rates, EVENTS) == 1 + 1 + 2 + 6
    assert total(rates, STARTS) == 4


@pytest.mark.parametrize(("calls", "instances"), [(0, 1), (3000, 5)], ids=["at least one", "by the processor"])
def test_instances(calls: float, instances: int) -> None:
    """A call is 1 ms on the processor, which may be busy for 60 %."""
    model = Model(costing(get=2), Assumptions(busiest_processor_share=0.6))

    assert model.instances(traffic_of(get=calls)) == instances


@pytest.mark.parametrize(
    ("calls", "tenants", "copies", "refreshes"),
    [(10, 1, 1, 10 / 151), (10, 1, 100, 100 * 0.1 / 2.5), (10, 4000, 1, 7.5)],
    ids=["nearly one each 15 seconds", "rarely asked copies are mostly too old", "pushed out by others"],
)
def test_names_are_read_again_when_a_copy_is_too_old_or_gone(
    calls: float, tenants: float, copies: int, refreshes: float
) -> None:
    model = Model({}, Assumptions(catalog_cache_seconds=15, cached_tenants=1000))

    assert model.refreshes(calls, tenants, copies) == pytest.approx(refreshes)


def test_a_lease_delivers_batch_after_batch() -> None:
    """100 documents hold 33.3 events of 1 ms: 5 trips of 10 ms, to read, 3 times up to 16 events, and to check off."""
    model = Model(costing(put=30), Assumptions(database_milliseconds=10))

    assert model.events_a_lease() == pytest.approx(33.333 / (0.050 + 0.033333), rel=1e-4)


def test_the_feed_costs_something_when_nothing_happens() -> None:
    """Each lease: a poll of 1 RU in 5 s, a replace of 9.9 RU in 17 s; its host: a query of 2 * 2.33 RU in 13 s."""
    assert standing_units(1, 1) == pytest.approx(len(WATCHED) * (1 / 5 + 9.9 / 17 + 4.66 / 13))


@pytest.mark.parametrize(("units_per_second", "stored", "partitions"), [(0, 0, 1), (10_001, 0, 2), (5000, 101e9, 3)])
def test_partitions_by_throughput_or_by_storage(units_per_second: float, stored: float, partitions: int) -> None:
    assert partitions_for(units_per_second, stored) == partitions


def test_entries_and_events_gather_and_outbox_documents_go_after_a_month() -> None:
    """A user clocks in and out once a day, 20 days a month, for a year; the index adds a tenth."""
    model = Model({}, replace(NOBODY, clock_ins_a_day=1, working_days_a_month=20, years=1, index_share=0.1))
    kept = 240 * SIZES["entry"] + 40 * SIZES["outbox"] + SIZES["timeline"]

    assert model.bytes_a_user() == pytest.approx((1.1 * kept, 1.1 * 480 * SIZES["event"]))


def test_need_adds_up_what_the_calls_cost_by_container() -> None:
    """28,800 users of one tenant, who clock in and out once in 8 hours: a start and a stop a second."""
    model = Model(costing(start=30, stop=20, list_of_a_month=10), replace(NOBODY, clock_ins_a_day=1))
    need = model.need(28_800)
    # 4 calls a second need names, of one copy that lives 15 s: 2,880 projects, 288 activities and customers.
    names = 4 / 61 * (names_units(2880) + 2 * names_units(288))
    entries, event = 30 + 20 + 2 * 10 + 2 * FEED, 2 * charges.create(SIZES["event"], terms=6)
    standing = standing_units(int(need["physical partitions of `time_entry` by then"]), 1)

    assert need["of these, `time_entry`"] == pytest.approx(entries)
    assert need["of these, `event`"] == pytest.approx(event)
    assert need["of these, `project`, `activity`, `customer`"] == pytest.approx(names)
    assert need["RU/s at the peak"] == pytest.approx(entries + event + names + standing)
    assert need["RU/s, average of a working hour"] == need["RU/s at the peak"]
    # The working seconds' units, and the standing ones of all seconds.
    month = (entries + event + names) * 21 * 28_800 + standing * 730 * 3600
    assert need["RU a month"] == pytest.approx(month)
    assert need["of these, the idle change feed"] == pytest.approx(standing * 730 * 3600)


@pytest.mark.parametrize(("seconds", "units"), [(0.5, 20), (0.7, 22)])
def test_of_several_instances_none_remembers_whom_it_serves(seconds: float, units: float) -> None:
    """A write a second: with more than 0.6 s of processor time it takes two instances."""
    measured = costing() | {"put": Operation(20, 1, seconds, 22)}
    model = Model(measured, replace(NOBODY, corrections_a_day=28_800, busiest_processor_share=0.6))
    traffic = dict.fromkeys(OPERATIONS, 0.0) | {"put": 1}

    feed = model.units(1, dict.fromkeys(OPERATIONS, 0.0) | {"start": 1}, 1, 1)["time_entry"]
    assert model.units(1, traffic, 1, 1)["time_entry"] == pytest.approx(units + feed)


def test_reading_names_costs_by_the_row() -> None:
    """1,000 names of 130 bytes, twice as dear for Strong."""
    assert names_units(1000) == pytest.approx(2 * (2.3 + 30 + 0.05 * (130_000 / 1024 - 1)))


def test_a_report_asks_every_partition_four_times() -> None:
    """A report a second costs 50 RU, and 4 * 4.6 RU for each partition beyond the first: by storage, two in all."""
    assumed = replace(NOBODY, admin_share=1, users_a_project=1e9, index_share=50e9 / 28_800 / SIZES["timeline"])
    need = Model(costing(report_of_a_month=50), assumed).need(28_800)

    assert need["physical partitions of `time_entry` by then"] == 2
    assert need["of these, `time_entry`"] == pytest.approx(50 + 4 * charges.query(0, 0), rel=0.01)


def results(tmp_path: Path) -> Path:
    """What the benchmark writes, in round numbers."""
    database: dict[str, Any] = {name: {"round_trips": 1, "request_units": 20.0} for name in OPERATIONS}
    database["start"] = {"round_trips": 2, "request_units": 28.0, "elsewhere": {"request_units": 30.0}}
    busy = {"users": 16, "calls_per_second": 100.0, "processor_share": {"app": 0.5}}
    path = tmp_path / "operations.json"
    together = {"this backend": dict.fromkeys(OPERATIONS, busy)}
    path.write_text(json.dumps({"database": database, "together": together}), encoding="utf-8")
    return path


def test_measured_figures_are_read_as_the_benchmark_writes_them(tmp_path: Path) -> None:
    """Starts and stops share the processor time of their step; a report of twice the people costs twice as much."""
    found = operations(32, results(tmp_path))

    assert found["summary"] == Operation(20, 1, 0.005, 20)
    assert found["start"] == Operation(28, 2, 0.0025, 30)
    assert found["report of a month"] == Operation(40, 1, 0.01, 40)


def test_documents_have_the_size_of_what_the_code_writes() -> None:
    """When somebody clocks in, with `_rid`, `_self`, `_etag`, `_attachments` and `_ts`: 205 bytes."""
    tenant_id, user_id, item_id = (str(UUID(int=number, version=4)) for number in range(3))
    ids = {"id": item_id, "tenant_id": tenant_id, "owner_id": user_id, "project_id": item_id, "activity_id": item_id}
    text = {"description": "What is done, in some sixty letters, for the month's report", "uri": None}
    dates = {"timezone_offset": 300, "start_date": "2026-01-05T14:00:00.0000000Z", "end_date": None}
    entry = {**ids, **text, "technologies": ["Python"], **dates}
    token = correlation_id.set(item_id)
    after = stamped(entry, Caller(user_id, tenant_id), TIME_ENTRY, "create", "Start a timer")
    outbox = outbox_document(None, after, datetime(2026, 1, 5, 14, tzinfo=UTC))
    correlation_id.reset(token)
    timeline = Timeline(tenant_id, user_id, None, None, (), None).after(entry).operation()[1][0]
    documents = {"entry": after, "timeline": timeline, "outbox": outbox, "event": outbox["event"]}
    measured = {name: 205 + len(json.dumps(one, separators=(",", ":"))) for name, one in documents.items()}

    assert measured == pytest.approx(SIZES, rel=0.02)


def test_a_wall_is_reached_where_its_limit_is_needed() -> None:
    """One start a second for 28,800 users is 100 RU/s; a serverless container has 5,000: 50 times as many users."""
    assumed = replace(NOBODY, clock_ins_a_day=1, years=0, largest_tenant_users=1)
    model = Model(costing(start=100 - 2 * FEED), assumed)

    assert model.reached_at("serverless: throughput of a container") == pytest.approx(50 * 28_800, rel=0.01)
    assert model.share("serverless: throughput of a container", 28_800) == pytest.approx(0.02, rel=0.01)
    assert model.reached_at("one owner's entries: logical partition") == float("inf")


def test_the_largest_tenant_lies_in_one_partition_and_its_projects_in_one_logical_one() -> None:
    """Of 57,600 users half are one tenant: of 200 RU/s it has 100. Its names are read once, and never again.

    The 4 events a second come by one lease, for there is one partition.
    """
    assumed = replace(NOBODY, clock_ins_a_day=1, largest_tenant_users=28_800, catalog_cache_seconds=1e12)
    walls = Model(costing(start=100 - 2 * FEED), assumed).walls(57_600)

    assert walls["one tenant's entries: physical partition"][0] == pytest.approx(100)
    assert walls["one tenant's projects: logical partition"][0] == pytest.approx(0, abs=1e-6)
    assert walls["change feed: events of one lease"][0] == pytest.approx(4)


def test_the_assumptions_about_the_project_are_what_it_is_set_to() -> None:
    template = (ROOT / "infra/functions.bicep").read_text(encoding="utf-8")
    settings = Settings.read({"COSMOS_ENDPOINT": "https://localhost", "JWT_VERIFICATION": "gateway"})

    assert f"maximumInstanceCount: {capacity_model.TEMPLATE_INSTANCES}\n" in template
    assert Assumptions().catalog_cache_seconds == settings.catalog_cache_seconds
    assert Assumptions().cached_tenants == MOST_TENANTS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "0.0123"),
        (7.056, "7.06"),
        (99.96, "100"),
        (12_981, "13,000"),
        (999_600, "1 million"),
        (8.27e11, "827 billion"),
    ],
)
def test_figures_have_three_significant_digits(value: float, text: str) -> None:
    assert capacity.figure(value) == text


def test_the_page_shows_what_the_command_makes_of_the_measured_figures(model: Model) -> None:
    """`python -m benchmarks.capacity --write` writes it."""
    assert capacity.PAGE.read_text(encoding="utf-8") == capacity.page(capacity.sections(model))


def test_the_page_says_of_every_wall_what_moves_it(model: Model) -> None:
    text = capacity.PAGE.read_text(encoding="utf-8")
    moved = re.findall(r"^- \*\*([^*]+)\*\*: ", text.partition("## What moves the limits")[2], re.MULTILINE)

    assert sorted(moved) == sorted(model.walls(1))


def test_the_command_takes_other_people_and_figures(tmp_path: Path) -> None:
    arguments = ["--users", "50", "--results", str(results(tmp_path)), "--switches-a-day", "7"]
    answer = CliRunner().invoke(capacity.capacity, arguments)

    assert answer.exit_code == 0
    assert "| `--switches-a-day` | 7 |" in answer.output
    assert "| summary | 17 | 1 | 20 | 340 | 340 | 5 |" in answer.output
    assert "| need | 50 users |" in answer.output
