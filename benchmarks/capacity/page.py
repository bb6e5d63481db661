"""The figures as people read them: Markdown tables, and the places in `docs/capacity.md` where they stand."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.capacity import feed, traffic
from benchmarks.capacity.assumptions import ABOUT, GIGABYTE, HOURS_A_MONTH, Assumptions
from benchmarks.capacity.demand import MONTHS_A_YEAR, Demand
from benchmarks.capacity.walls import Model, Wall, nearest

PAGE = Path(__file__).parents[2] / "docs" / "capacity.md"
SIZES = (1_000, 100_000, 10_000_000)
# What is tried on its own, to see what it moves.
CHANGES: tuple[dict[str, float], ...] = (
    {"seconds_between_polls": 300},
    {"page_openings_a_day": 8},
    {"switches_a_day": 6},
    {"rush_minutes": 60},
    {"catalog_cache_seconds": 300},
    {"catalog_cache_seconds": 300, "cached_tenants": 20_000},
)
# What a row is called, and what it shows of a size's demand.
Rows = list[tuple[str, Callable[[Demand], str]]]
# A named place in the page: what stands between its two comments is written by this module.
PLACE = re.compile(r"(<!-- capacity: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Prices:
    """What Azure asks, in any currency; None where nobody said."""

    million_units: float | None = None
    hundred_units_hour: float | None = None
    gigabyte_month: float | None = None

    def cost(self, *amounts: tuple[float, str]) -> str:
        """The sum of amounts times prices, `M`, `H` or `G`; while one of these is not known, as a formula."""
        known = {"M": self.million_units, "H": self.hundred_units_hour, "G": self.gigabyte_month}
        total = 0.0
        for amount, letter in amounts:
            if (price := known[letter]) is None:
                return f"`{' + '.join(f'{figure(amount)}*{letter}' for amount, letter in amounts)}`"
            total += amount * price
        return figure(total)


def figure(value: float) -> str:
    """Three digits that count."""
    value = float(f"{value:.3g}")
    for unit, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def stored(value: float) -> str:
    """So many bytes."""
    for unit, name in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= unit:
            return f"{float(f'{value:.3g}') / unit:.3g} {name}"
    return f"{value:.0f} bytes"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; what follows the first column is mostly numbers."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def sections(model: Model, sizes: Sequence[float] = SIZES, prices: Prices | None = None) -> dict[str, str]:
    """What the tables hold, by the name of their place."""
    return {
        "assumptions": _assumptions(model.assumed),
        "day": _day(model),
        "documents": _documents(model),
        "needs": _needs(model, sizes),
        "money": _money(model, sizes, prices or Prices()),
        "changes": _changes(model, sizes),
        "walls": _walls(model, sizes),
        "first": _first(model, sizes),
    }


def page(tables: Mapping[str, str]) -> str:
    """The whole page, with these tables in their places."""
    text = PAGE.read_text(encoding="utf-8")
    return PLACE.sub(lambda place: f"{place[1]}\n{tables[place[2]]}\n\n{place[3]}", text)


def _assumptions(assumed: Assumptions) -> str:
    rows = [(figure(value), f"`{_option(name)}`", ABOUT[name]) for name, value in asdict(assumed).items()]
    return table(("value", "option", "meaning"), rows).replace("---:", "---")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _day(model: Model) -> str:
    day, rows, total = traffic.day_of_a_user(model.assumed), [], 0.0
    for name, one in model.measured.with_reports_of(model.assumed.people_a_report).operations.items():
        total += day[name] * one.request_units
        units = (figure(one.request_units), figure(day[name] * one.request_units))
        rows.append((name, figure(day[name]), str(one.round_trips), *units, figure(one.processor_seconds * 1000)))
    rows.append(("a user's whole day, in HTTP calls", figure(traffic.calls(day)), "", "", figure(total), ""))
    return table(("operation", "a day", "trips", "RU each", "RU a day", "processor ms each"), rows)


def _documents(model: Model) -> str:
    day, size = traffic.day_of_a_user(model.assumed), model.size
    events = f"{figure(traffic.events(day))} a day"
    rows = (
        ("entry", stored(size.entry), f"{figure(traffic.starts(day))} a day", "for ever"),
        ("timeline", stored(size.timeline), "one", "for ever"),
        ("outbox document", stored(size.outbox), events, "30 days"),
        ("event", stored(size.event), events, "for ever, or `EVENT_RETENTION_DAYS`"),
    )
    return table(("document", "size", "of one user", "kept"), rows)


def _needs(model: Model, sizes: Sequence[float]) -> str:
    needs = [model.demand(users) for users in sizes]
    rows = _units(model.assumed) + _means(model)
    return table(_head("need", sizes), [(name, *map(text, needs)) for name, text in rows])


def _units(assumed: Assumptions) -> Rows:
    return [
        ("RU a month", lambda one: figure(one.units_a_month(assumed))),
        ("of these, the change feed when nothing happens", lambda one: figure(_standing(one))),
        ("RU a month for each user", lambda one: figure(one.units_a_month(assumed) / one.users)),
        ("RU/s, average of a working hour", lambda one: figure(one.working.load.total)),
        ("of these, names in memory and references", lambda one: figure(one.working.load.catalog)),
        ("of these, what Strong adds to reads", lambda one: figure(one.strong_units_per_second)),
        ("RU/s at the peak", lambda one: figure(one.peak.load.total)),
        ("of these, `time_entry`", lambda one: figure(one.peak.load.time_entry)),
        ("of these, `event`", lambda one: figure(one.peak.load.event)),
        ("of these, `project`, `activity`, `customer`", lambda one: figure(one.peak.load.catalog)),
    ]


def _means(model: Model) -> Rows:
    months, years = model.assumed.years * MONTHS_A_YEAR, figure(model.assumed.years)
    return [
        ("HTTP calls a second at the peak", lambda one: figure(traffic.calls(one.peak.traffic))),
        ("instances for HTTP in a working hour", lambda one: figure(one.working.instances)),
        ("instances for HTTP at the peak", lambda one: figure(one.peak.instances)),
        ("instances for the change feed of entries at the peak", lambda one: figure(one.feed_instances)),
        ("age of the oldest undelivered event in the rush, seconds", lambda one: figure(_lag(model, one))),
        ("new data a month", lambda one: stored(one.stored_bytes / months)),
        (f"`time_entry` after {years} years", lambda one: stored(one.time_entry_bytes)),
        (f"`event` after {years} years", lambda one: stored(one.event_bytes)),
        ("physical partitions of `time_entry` by then", lambda one: figure(one.partitions)),
        ("physical partitions of `event` by then", lambda one: figure(one.event_partitions)),
    ]


def _standing(need: Demand) -> float:
    return need.working.load.standing * HOURS_A_MONTH * 3600


def _lag(model: Model, need: Demand) -> float:
    capacity = feed.events_per_second_a_lease(model.measured, model.assumed)
    return feed.lag_seconds(model.events_of_busiest_lease(need), capacity, model.assumed.rush_minutes * 60)


def _money(model: Model, sizes: Sequence[float], prices: Prices) -> str:
    serverless, autoscale = ["serverless"], ["autoscale"]
    for need in (model.demand(users) for users in sizes):
        storage = (need.stored_bytes / GIGABYTE, "G")
        serverless.append(prices.cost((need.units_a_month(model.assumed) / 1e6, "M"), storage))
        autoscale.append(prices.cost((need.hundred_units_hours_a_month(model.assumed), "H"), storage))
    return table(_head("a month", sizes), (serverless, autoscale))


def _changes(model: Model, sizes: Sequence[float]) -> str:
    """What one other assumption makes of the month's units, and of the peak's."""
    rows = []
    for change in CHANGES:
        row = [f"`{' '.join(f'{_option(name)} {value:g}' for name, value in change.items())}`"]
        changed = replace(model, assumed=replace(model.assumed, **change))
        for users in sizes:
            before, after = model.demand(users), changed.demand(users)
            month = after.units_a_month(changed.assumed) / before.units_a_month(model.assumed)
            peak = after.peak.load.total / before.peak.load.total
            row.append(", ".join(f"{round((times - 1) * 100):+d} %" for times in (month, peak)))
        rows.append(row)
    return table(_head("RU a month, RU/s at the peak", sizes), rows)


def _walls(model: Model, sizes: Sequence[float]) -> str:
    columns = [{wall.name: wall for wall in model.walls(users)} for users in sizes]
    rows = []
    for name, at in model.reached():
        wall, reached = columns[0][name], f"{_users(at)} users" if at else "never"
        rows.append((name, _amount(wall.limit, wall.unit), *(_share(column[name]) for column in columns), reached))
    return table((*_head("wall", sizes)[:1], "limit", *_head("wall", sizes)[1:], "reached at"), rows)


def _first(model: Model, sizes: Sequence[float]) -> str:
    """For each size the walls on the way to it, the first one first."""
    lines, reached = [], model.reached()
    for users in sizes:
        walls = [f"*{name}* at {_users(at)} users" for name, at in reached if at and at <= users]
        near = nearest(model.walls(users))
        none = f"no wall; the nearest is *{near.name}*, of which {_share(near)} is taken"
        lines.append(f"- **{figure(users)} users**: {', then '.join(walls) or none}.")
    return "\n".join(lines)


def _head(first: str, sizes: Sequence[float]) -> list[str]:
    return [first, *(f"{users:,.0f} users" for users in sizes)]


def _users(number: float) -> str:
    return figure(float(f"{number:.2g}"))


def _amount(value: float, unit: str) -> str:
    return stored(value) if unit == "bytes" else f"{figure(value)} {unit}"


def _share(wall: Wall) -> str:
    text = f"{figure(wall.share * 100)} %" if wall.share >= 0.001 else "< 0.1 %"
    return f"**{text}**" if wall.share >= 1 else text
