"""How often what is called: by one user in a day, by all of them in a second; and what has to answer them."""

import math
from collections.abc import Mapping

from benchmarks.calls import REPORT
from benchmarks.capacity.assumptions import CALLS_AT_ONCE_AN_INSTANCE, Assumptions
from benchmarks.capacity.measured import Measured

# How often each operation is called, in a day or in a second.
Traffic = Mapping[str, float]

EVENTS_OF = {"start": 1, "stop": 1, "stop + start": 2, "put": 1}
STARTS_OF = {"start": 1, "stop + start": 1}
# Every answer that holds entries names their projects; the summary only counts.
NAMELESS = "summary"


def day_of_a_user(assumed: Assumptions) -> Traffic:
    """A working day's calls. After each write, the page reads the list and the summary anew."""
    clock_ins, switches, corrections = assumed.clock_ins_a_day, assumed.switches_a_day, assumed.corrections_a_day
    shown = assumed.page_openings_a_day + 2 * clock_ins + switches + corrections
    polls = assumed.page_open_minutes_a_day * 60 / assumed.seconds_between_polls
    return {
        "running": assumed.page_openings_a_day + polls,
        "get": corrections,
        "list of a month": shown,
        "start": clock_ins,
        "stop": clock_ins,
        "stop + start": switches,
        "put": corrections,
        "summary": shown,
        REPORT: assumed.admin_share * assumed.reports_an_admin_a_day,
    }


# The page is opened, a timer started, and the page shows it.
CLOCKING_IN: Traffic = {"running": 1, "list of a month": 2, "summary": 2, "start": 1}


def in_a_working_second(assumed: Assumptions, users: float) -> Traffic:
    """The day's calls, spread over its working hours."""
    return {name: users * calls / assumed.working_seconds_a_day for name, calls in day_of_a_user(assumed).items()}


def at_the_peak(assumed: Assumptions, users: float) -> Traffic:
    """The busiest seconds of the morning's rush, on top of an ordinary second."""
    clocking_in = users * assumed.rush_share * assumed.burst / (assumed.rush_minutes * 60)
    ordinary = in_a_working_second(assumed, users)
    return {name: calls + clocking_in * CLOCKING_IN.get(name, 0) for name, calls in ordinary.items()}


def calls(traffic: Traffic) -> float:
    """HTTP calls: a switch is two."""
    return sum(traffic.values()) + traffic["stop + start"]


def naming_calls(traffic: Traffic) -> float:
    """Those whose answers need the tenant's names."""
    return calls(traffic) - traffic[NAMELESS]


def events(traffic: Traffic) -> float:
    """The events that the writes leave."""
    return sum(number * traffic[name] for name, number in EVENTS_OF.items())


def starts(traffic: Traffic) -> float:
    """New entries, each of which has its project and activity read."""
    return sum(number * traffic[name] for name, number in STARTS_OF.items())


def instances(traffic: Traffic, measured: Measured, assumed: Assumptions) -> int:
    """What the HTTP functions need, by their time on the processor or by how many calls wait at once."""
    working = waiting = 0.0
    for name, operation in measured.operations.items():
        trips_seconds = operation.round_trips * assumed.database_milliseconds / 1000
        working += traffic[name] * operation.processor_seconds
        waiting += traffic[name] * (operation.processor_seconds + trips_seconds)
    return max(1, math.ceil(max(working / assumed.busiest_processor_share, waiting / CALLS_AT_ONCE_AN_INSTANCE)))


def refreshes(calls_of_tenant: float, tenants: float, copies: int, assumed: Assumptions) -> float:
    """How often in a second one tenant's names are read anew, by all instances together.

    Each instance has a copy of its own. The first call that finds it too old, or pushed out by other tenants' names,
    reads it. `tenants` is how many are called for as often as this one.
    """
    too_old = 1 / (1 + calls_of_tenant / copies * assumed.catalog_cache_seconds)
    pushed_out = 1 - assumed.cached_tenants / tenants
    return calls_of_tenant * max(too_old, pushed_out)
