"""What so many users need: request units by container, storage, partitions, instances."""

import math
from dataclasses import dataclass

from benchmarks.calls import REPORT
from benchmarks.capacity import feed, traffic
from benchmarks.capacity.assumptions import (
    AUTOSCALE_FLOOR,
    AUTOSCALE_LEAST_UNITS_PER_SECOND,
    AUTOSCALE_UNITS_A_GIGABYTE,
    GIGABYTE,
    HOURS_A_MONTH,
    PARTITION_BYTES,
    PARTITION_UNITS_PER_SECOND,
    Assumptions,
)
from benchmarks.capacity.measured import Measured, Sizes
from benchmarks.capacity.traffic import Traffic
from embedded_cosmos import charges

MONTHS_A_YEAR = 12
# A name with its ids, as the catalog's query answers it.
NAME_BYTES = 130
# A start reads the project and the activity.
REFERENCES_A_START = 2
# A report asks every physical partition twice: for what starts in the month, and for what reaches into it.
QUERIES_A_REPORT = 2


@dataclass(frozen=True, slots=True)
class Load:
    """Request units a second, by container; `standing` is the change feed's, day and night."""

    time_entry: float
    event: float
    catalog: float
    leases: float
    standing: float

    @property
    def total(self) -> float:
        return self.time_entry + self.event + self.catalog + self.leases + self.standing


@dataclass(frozen=True, slots=True)
class Moment:
    """A second of the day: what is called, by how many instances it is answered, and what that costs."""

    traffic: Traffic
    instances: int
    load: Load


@dataclass(frozen=True, slots=True)
class Demand:
    """What `users` need; storage and partitions after the years that are assumed."""

    users: float
    working: Moment
    peak: Moment
    time_entry_bytes: float
    event_bytes: float
    partitions: int
    event_partitions: int
    feed_instances: int
    strong_units_per_second: float

    @property
    def stored_bytes(self) -> float:
        return self.time_entry_bytes + self.event_bytes

    def units_a_month(self, assumed: Assumptions) -> float:
        """The working seconds' units, and the standing ones of all seconds."""
        working_seconds = assumed.working_seconds_a_day * assumed.working_days_a_month
        standing = self.working.load.standing
        return (self.working.load.total - standing) * working_seconds + standing * HOURS_A_MONTH * 3600

    @property
    def autoscale_units_per_second(self) -> float:
        """The maximum to set: the peak, unless Microsoft asks for more."""
        by_storage = AUTOSCALE_UNITS_A_GIGABYTE * self.stored_bytes / GIGABYTE
        return max(self.peak.load.total, by_storage, AUTOSCALE_LEAST_UNITS_PER_SECOND)

    def hundred_units_hours_a_month(self, assumed: Assumptions) -> float:
        """What autoscale bills: each hour by its busiest second, and at least a tenth of the maximum."""
        floor = AUTOSCALE_FLOOR * self.autoscale_units_per_second
        rush, ordinary = max(floor, self.peak.load.total), max(floor, self.working.load.total)
        day = rush + ordinary * (assumed.working_hours_a_day - 1)
        quiet_hours = HOURS_A_MONTH - assumed.working_hours_a_day * assumed.working_days_a_month
        return (day * assumed.working_days_a_month + floor * quiet_hours) / 100


def demand(users: float, measured: Measured, size: Sizes, assumed: Assumptions) -> Demand:
    """What so many users need."""
    measured = measured.with_reports_of(assumed.people_a_report)
    working, peak = traffic.in_a_working_second(assumed, users), traffic.at_the_peak(assumed, users)
    hosts = math.ceil(traffic.events(peak) / feed.events_per_second_a_lease(measured, assumed))
    model = _Model(users, measured, size, assumed, hosts)
    stored, events_stored = (users * each for each in bytes_a_user(size, assumed))
    # By what one partition would make of it: more of them make only the reports dearer.
    first = model.moment(peak, 1).load
    partitions = partitions_for(first.time_entry, stored)
    return Demand(
        users=users,
        working=model.moment(working, partitions),
        peak=model.moment(peak, partitions),
        time_entry_bytes=stored,
        event_bytes=events_stored,
        partitions=partitions,
        event_partitions=partitions_for(first.event, events_stored),
        feed_instances=hosts,
        strong_units_per_second=sum(working[n] * one.strong_request_units for n, one in measured.operations.items()),
    )


def partitions_for(units_per_second: float, stored_bytes: float) -> int:
    """Physical partitions, by throughput or by storage, whichever asks for more."""
    return max(1, math.ceil(max(units_per_second / PARTITION_UNITS_PER_SECOND, stored_bytes / PARTITION_BYTES)))


def bytes_a_user(size: Sizes, assumed: Assumptions) -> tuple[float, float]:
    """What one user has in `time_entry` and in `event` after the years; outbox documents live for a month."""
    day, months = traffic.day_of_a_user(assumed), assumed.years * MONTHS_A_YEAR
    entries = traffic.starts(day) * assumed.working_days_a_month
    events = traffic.events(day) * assumed.working_days_a_month
    stored = entries * months * size.entry + events * size.outbox + size.timeline
    return (1 + assumed.index_share) * stored, (1 + assumed.index_share) * events * months * size.event


def names_units(projects: float) -> tuple[float, float]:
    """Reading a tenant's names: of its projects, and of its activities and customers, a tenth as many each."""
    few = projects / 10
    return _query(projects), 2 * _query(few)


def _query(rows: float) -> float:
    return charges.query(math.ceil(rows), math.ceil(rows * NAME_BYTES))


@dataclass(frozen=True, slots=True)
class _Model:
    users: float
    measured: Measured
    size: Sizes
    assumed: Assumptions
    hosts: int

    def moment(self, rates: Traffic, partitions: int) -> Moment:
        instances = traffic.instances(rates, self.measured, self.assumed)
        return Moment(rates, instances, self._load(rates, instances, partitions))

    def _load(self, rates: Traffic, instances: int, partitions: int) -> Load:
        events = traffic.events(rates)
        references = traffic.starts(rates) * REFERENCES_A_START * charges.point_read(0)
        operations = sum(rates[name] * one.request_units for name, one in self.measured.operations.items())
        more_partitions = rates[REPORT] * QUERIES_A_REPORT * (partitions - 1) * charges.query(0, 0)
        return Load(
            time_entry=operations - references + more_partitions + events * feed.reading_units(self.size),
            event=events * feed.upsert_units(self.size),
            catalog=references + self._names(rates, instances),
            leases=feed.checkpoint_units_per_second(events, partitions),
            standing=feed.standing_units_per_second(partitions, self.hosts),
        )

    def _names(self, rates: Traffic, instances: int) -> float:
        """What it costs to keep every instance's copy of every tenant's names."""
        calls_a_user = traffic.naming_calls(rates) / self.users
        return sum(
            tenants
            * traffic.refreshes(users * calls_a_user, tenants, instances, self.assumed)
            * sum(names_units(users / self.assumed.users_a_project))
            for tenants, users in self.assumed.tenants(self.users)
        )
