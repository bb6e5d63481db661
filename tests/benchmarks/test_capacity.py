"""The arithmetic of `docs/capacity.md`, by numbers worked by hand."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.calls import OPERATIONS
from benchmarks.capacity import assumptions, feed, measured, traffic
from benchmarks.capacity.assumptions import Assumptions
from benchmarks.capacity.demand import Demand, Load, Moment, bytes_a_user, demand, names_units, partitions_for
from benchmarks.capacity.measured import Measured, Operation, Sizes
from benchmarks.capacity.walls import Model, nearest
from shared.catalog.names import MOST_TENANTS
from shared.config import Settings

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
SIZES = Sizes(entry=1000, timeline=800, outbox=1400, event=1024)


def operations(**units: float) -> Measured:
    """Operations that cost so many request units and a millisecond each; the others cost nothing."""
    charged = {name.replace("_", " "): value for name, value in units.items()}
    nothing = Operation(0, 0, 0, 0)
    return Measured({n: Operation(charged[n], 1, 1, 0.001) if n in charged else nothing for n in OPERATIONS}, 10)


def traffic_of(**calls: float) -> dict[str, float]:
    return dict.fromkeys(OPERATIONS, 0.0) | {name.replace("_", " "): value for name, value in calls.items()}


def test_after_each_write_the_page_reads_the_list_and_the_summary_anew() -> None:
    """4 openings; 2 starts, 2 stops, 3 switches and 2 changes make 9 writes; two hours of a poll a minute are 120."""
    assert traffic.day_of_a_user(Assumptions()) == {
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
    assumed = replace(NOBODY, clock_ins_a_day=32, rush_share=1 / 3, rush_minutes=15, burst=3)
    peak = traffic.at_the_peak(assumed, 900)

    assert traffic.in_a_working_second(assumed, 900)["start"] == pytest.approx(1)
    assert peak["start"] == pytest.approx(1 + 1)
    assert peak["stop"] == pytest.approx(1)
    assert peak["running"] == pytest.approx(1)
    assert peak["summary"] == pytest.approx(2 + 2)


def test_a_switch_is_two_calls_two_events_and_one_start() -> None:
    rates = traffic_of(running=5, summary=7, start=1, stop=1, put=2) | {"stop + start": 3}

    assert traffic.calls(rates) == 5 + 7 + 1 + 1 + 2 + 6
    assert traffic.naming_calls(rates) == 15
    assert traffic.events(rates) == 1 + 1 + 2 + 6
    assert traffic.starts(rates) == 4


@pytest.mark.parametrize(
    ("milliseconds", "calls", "instances"),
    [(10, 0, 1), (10, 3000, 5), (99, 3000, 10)],
    ids=["at least one", "by the processor", "by the calls that wait"],
)
def test_instances(milliseconds: float, calls: float, instances: int) -> None:
    """A call is 1 ms on the processor, which may be busy for 60 %, and one trip; 32 calls wait on an instance."""
    assumed = Assumptions(database_milliseconds=milliseconds, busiest_processor_share=0.6)

    assert traffic.instances(traffic_of(get=calls), operations(get=2), assumed) == instances


@pytest.mark.parametrize(
    ("calls", "tenants", "copies", "refreshes"),
    [(10, 1, 1, 10 / 151), (10, 1, 100, 100 * 0.1 / 2.5), (10, 4000, 1, 7.5)],
    ids=["nearly one each 15 seconds", "rarely asked copies are mostly too old", "pushed out by others"],
)
def test_names_are_read_anew_when_a_copy_is_too_old_or_gone(
    calls: float, tenants: float, copies: int, refreshes: float
) -> None:
    assumed = Assumptions(catalog_cache_seconds=15, cached_tenants=1000)

    assert traffic.refreshes(calls, tenants, copies, assumed) == pytest.approx(refreshes)


def test_a_lease_delivers_batch_after_batch() -> None:
    """100 documents hold 33.3 events of 1 ms: 5 trips of 10 ms, to read, 3 times up to 16 events, and to check off."""
    capacity_of_one = feed.events_per_second_a_lease(operations(put=30), Assumptions(database_milliseconds=10))

    assert capacity_of_one == pytest.approx(33.333 / (0.050 + 0.033333), rel=1e-4)
    assert feed.lag_seconds(0.5 * capacity_of_one, capacity_of_one, 900) == 5
    assert feed.lag_seconds(1.5 * capacity_of_one, capacity_of_one, 900) == pytest.approx(5 + 450)


def test_the_feed_costs_something_when_nothing_happens() -> None:
    """6 leases: a poll of 1 RU in 5 s, a replace of 10.5 RU in 17 s; 6 hosts: a query of (2.3 + 0.03) * 2 in 13 s."""
    assert feed.standing_units_per_second(1, 1) == pytest.approx(6 / 5 + 6 * 10.5 / 17 + 6 * 4.66 / 13)


def test_a_lease_is_checked_off_once_a_poll_or_once_a_full_batch() -> None:
    assert feed.checkpoint_units_per_second(0.1, 1) == pytest.approx((0.1 + 0.003) * 10.5)
    assert feed.checkpoint_units_per_second(1000, 1) == pytest.approx((0.2 + 30) * 10.5)


def test_what_a_write_adds_to_the_feed_and_to_the_events() -> None:
    """3 rows of 0.03 RU, and 0.05 RU for each of 3,200 / 1,024 kB beyond the first; an event of 1 kB is 5.5 RU."""
    assert feed.reading_units(SIZES) == pytest.approx(0.09 + 0.05 * (3200 / 1024 - 1))
    assert feed.upsert_units(SIZES) == pytest.approx(5.5)


@pytest.mark.parametrize(("units_per_second", "stored", "partitions"), [(0, 0, 1), (10_001, 0, 2), (5000, 101e9, 3)])
def test_partitions_by_throughput_or_by_storage(units_per_second: float, stored: float, partitions: int) -> None:
    assert partitions_for(units_per_second, stored) == partitions


def test_entries_and_events_gather_and_outbox_documents_go_after_a_month() -> None:
    """A user clocks in and out once a day, 20 days a month, for a year; the index adds a tenth."""
    assumed = replace(NOBODY, clock_ins_a_day=1, working_days_a_month=20, years=1, index_share=0.1)
    entries, outbox, timeline, events = 240 * 1000, 40 * 1400, 800, 480 * 1024

    assert bytes_a_user(SIZES, assumed) == pytest.approx((1.1 * (entries + outbox + timeline), 1.1 * events))


def test_demand_adds_up_what_the_calls_cost_by_container() -> None:
    """28,800 users of one tenant, who clock in and out once in 8 hours: a start and a stop a second."""
    assumed = replace(NOBODY, clock_ins_a_day=1)
    need = demand(28_800, operations(start=30, stop=20, list_of_a_month=10), SIZES, assumed)
    # 4 calls a second need names, of one copy that lives 15 s: 2,880 projects, 288 activities and customers.
    names = 4 / 61 * sum(names_units(2880))

    assert need.working.load.time_entry == pytest.approx(30 + 20 + 2 * 10 - 4 + 2 * feed.reading_units(SIZES))
    assert need.working.load.event == pytest.approx(2 * 5.5)
    assert need.working.load.catalog == pytest.approx(4 + names)
    assert need.working.load.standing == feed.standing_units_per_second(need.partitions, 1)
    assert need.working == need.peak
    assert need.strong_units_per_second == pytest.approx(1 + 1 + 2)


def test_reading_names_costs_by_the_row() -> None:
    """1,000 projects, 100 activities and 100 customers, of 130 bytes, twice as dear for Strong."""
    projects, others = names_units(1000)

    assert projects == pytest.approx(2 * (2.3 + 30 + 0.05 * (130_000 / 1024 - 1)))
    assert others == pytest.approx(2 * 2 * (2.3 + 3 + 0.05 * (13_000 / 1024 - 1)))


def test_a_report_asks_every_partition_twice() -> None:
    """A report a second costs 100 RU where it lists as many people as the measured one, and 2 * 4.6 RU a partition."""
    assumed = replace(NOBODY, admin_share=1, people_a_report=20, users_a_project=1e9)
    need = demand(28_800, operations(report_of_a_month=50), replace(SIZES, timeline=3_000_000), assumed)

    assert need.partitions == 2
    assert need.working.load.time_entry == pytest.approx(2 * 50 + 2 * 4.5, rel=0.01)


def need_of(working: Load, peak: Load) -> Demand:
    """One that stores nothing."""
    return Demand(1, Moment({}, 1, working), Moment({}, 1, peak), 0, 0, 1, 1, 1, 0)


def test_a_month_has_working_seconds_and_the_feed_day_and_night() -> None:
    need = need_of(working=Load(7, 1, 1, 1, standing=2), peak=Load(0, 0, 0, 0, 0))
    assumed = Assumptions(working_days_a_month=20, working_hours_a_day=10)

    assert need.units_a_month(assumed) == 10 * 20 * 36_000 + 2 * 730 * 3600


def test_autoscale_bills_each_hour_by_its_busiest_second_and_a_tenth_of_the_peak_at_least() -> None:
    """20 days of one hour at 2,000 RU/s and 9 at 300, or at 200 where they need less; the other 530 hours at 200."""
    peak, assumed = Load(2000, 0, 0, 0, 0), Assumptions(working_days_a_month=20, working_hours_a_day=10)
    much, little = (need_of(working=Load(units, 0, 0, 0, 0), peak=peak) for units in (300, 50))

    assert much.hundred_units_hours_a_month(assumed) == pytest.approx(20 * (20 + 9 * 3) + 2 * 530)
    assert little.hundred_units_hours_a_month(assumed) == pytest.approx(20 * (20 + 9 * 2) + 2 * 530)


@pytest.mark.parametrize(
    ("peak", "gigabytes", "maximum"),
    [(2000, 0, 2000), (50, 0, 1000), (2000, 300, 3000)],
    ids=["peak", "least", "stored"],
)
def test_the_maximum_of_autoscale(peak: float, gigabytes: float, maximum: float) -> None:
    need = need_of(working=Load(0, 0, 0, 0, 0), peak=Load(peak, 0, 0, 0, 0))

    assert replace(need, event_bytes=gigabytes * 1e9).autoscale_units_per_second == maximum


def results(tmp_path: Path) -> Path:
    """What the benchmark writes, in round numbers."""
    database: dict[str, Any] = {
        name: {"round_trips": 1, "requests": {"query": 2}, "request_units": 20.0} for name in OPERATIONS
    }
    database["start"] = {"round_trips": 2, "requests": {"read": 3, "batch": 1}, "request_units": 28.0}
    busy = {"users": 16, "calls_per_second": 100.0, "processor_share": {"app": 0.5}}
    path = tmp_path / "operations.json"
    together = {"this backend": dict.fromkeys(OPERATIONS, busy)}
    path.write_text(json.dumps({"database": database, "together": together}), encoding="utf-8")
    return path


def test_measured_figures_are_read_as_the_benchmark_writes_them(tmp_path: Path) -> None:
    """A read is half as dear without Strong; starts and stops share the processor time of the step they make."""
    found = measured.read(results(tmp_path))

    assert found.operations["summary"] == Operation(20, 10, 1, 0.005)
    assert found.operations["start"] == Operation(28, 3, 2, 0.0025)
    assert found.with_reports_of(32).operations["report of a month"] == Operation(40, 20, 1, 0.01)


def test_documents_are_measured_on_what_the_code_writes() -> None:
    """With 200 bytes that the database adds to each; the benchmark's entries are of this size as well."""
    sizes = measured.sizes()

    assert 850 < sizes.entry < 950
    assert 750 < sizes.timeline < sizes.entry < sizes.event < sizes.outbox < 1500


def test_a_wall_is_reached_where_its_limit_is_needed() -> None:
    """One start a second for 28,800 users is 100 RU/s; a serverless container has 5,000: 50 times as many users."""
    assumed = replace(NOBODY, clock_ins_a_day=1, years=0, largest_tenant_users=1)
    model = Model(operations(start=104 - 2 * feed.reading_units(SIZES)), SIZES, assumed)
    name = "serverless: throughput of a container"

    assert model.reached_at(name) == pytest.approx(50 * 28_800, rel=0.01)
    assert model.reached_at("one owner's entries: logical partition") is None
    assert nearest(model.walls(28_800)).share == max(wall.share for wall in model.walls(28_800))


def test_the_largest_tenant_lies_in_one_partition_and_its_projects_in_one_logical_one() -> None:
    """Of 57,600 users half are one tenant: of 200 RU/s it has 100, and of two starts a second one.

    The 4 events a second come by one lease, for there is one partition.
    """
    assumed = replace(NOBODY, clock_ins_a_day=1, largest_tenant_users=28_800, catalog_cache_seconds=1e12)
    model = Model(operations(start=104 - 2 * feed.reading_units(SIZES)), SIZES, assumed)
    walls = {wall.name: wall for wall in model.walls(57_600)}

    assert walls["one tenant's entries: physical partition"].needed == pytest.approx(100)
    assert walls["one tenant's projects: logical partition"].needed == pytest.approx(2)
    assert walls["change feed: events of one lease"].needed == pytest.approx(4)


def test_the_assumptions_about_the_project_are_what_it_is_set_to() -> None:
    template = (ROOT / "infra/functions.bicep").read_text(encoding="utf-8")
    settings = Settings.read({"COSMOS_ENDPOINT": "https://localhost", "JWT_VERIFICATION": "gateway"})

    assert f"maximumInstanceCount: {assumptions.TEMPLATE_INSTANCES}\n" in template
    assert f"perInstanceConcurrency: {assumptions.CALLS_AT_ONCE_AN_INSTANCE} " in template
    assert Assumptions().catalog_cache_seconds == settings.catalog_cache_seconds
    assert Assumptions().cached_tenants == MOST_TENANTS
