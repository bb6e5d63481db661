"""`python -m benchmarks.capacity`: the tables of `docs/capacity.md`."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from benchmarks.capacity_model import ABOUT, CALLS, RESULTS, Assumptions, Model, operations, total

PAGE = Path(__file__).parents[1] / "docs" / "capacity.md"
SIZES = (1_000.0, 100_000.0, 10_000_000.0)
# A named place in the page: this module writes what stands between its two comments.
PLACE = re.compile(r"(<!-- capacity: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def figure(value: float) -> str:
    """Round to three significant digits."""
    value = float(f"{value:.3g}")
    for unit, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def sections(model: Model, sizes: Sequence[float] = SIZES) -> dict[str, str]:
    """Make the tables of the page, by the names of their places."""
    needs = [model.need(users) for users in sizes]
    rows = [(name, *(figure(need[name]) for need in needs)) for name in needs[0]]
    assumed = [(f"`{_option(name)}`", figure(value), ABOUT[name]) for name, value in asdict(model.assumed).items()]
    users = [f"{size:,.0f} users" for size in sizes]
    return {
        "assumptions": table(("option", "value", "meaning"), assumed).replace("---: |\n", "--- |\n", 1),
        "day": _day(model),
        "needs": table(("need", *users), rows),
        "walls": table(("limit", "there is", *users, "reached at users"), _walls(model, sizes)),
    }


def page(tables: dict[str, str]) -> str:
    """Make the whole page, with these tables in their places."""
    return PLACE.sub(lambda place: f"{place[1]}\n{tables[place[2]]}\n\n{place[3]}", PAGE.read_text(encoding="utf-8"))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _day(model: Model) -> str:
    day, rows = model.day(), []
    for name, one in model.measured.items():
        units = one.request_units, day[name] * one.request_units, day[name] * one.elsewhere_units
        each = (*(figure(unit) for unit in units), figure(one.processor_seconds * 1000))
        rows.append((name, figure(day[name]), str(one.round_trips), *each))
    here = sum(day[name] * one.request_units for name, one in model.measured.items())
    elsewhere = sum(day[name] * one.elsewhere_units for name, one in model.measured.items())
    rows.append(("all, in HTTP calls", figure(total(day, CALLS)), "", "", figure(here), figure(elsewhere), ""))
    head = ("operation", "a day", "trips", "RU each", "RU a day", "of several instances", "processor ms each")
    return table(head, rows)


def _walls(model: Model, sizes: Sequence[float]) -> list[list[str]]:
    rows = []
    for name, at in sorted(((name, model.reached_at(name)) for name in model.walls(1)), key=lambda wall: wall[1]):
        _, limit, unit = model.walls(1)[name]
        shares = (100 * model.share(name, users) for users in sizes)
        taken = [f"**{figure(share)} %**" if share >= 100 else f"{figure(share)} %" for share in shares]
        reached = "never" if at == math.inf else figure(float(f"{at:.2g}"))
        rows.append([name, f"{figure(limit)} {unit}", *taken, reached])
    return rows


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, value in reversed(asdict(Assumptions()).items()):
        command = click.option(_option(name), default=float(value), help=ABOUT[name])(command)
    return command


@click.command()
@click.option("--users", type=click.FloatRange(min=1), multiple=True, default=SIZES, help="How many; several times.")
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS, help="The file of measured figures.")
@click.option("--write", is_flag=True, help="Write these tables into docs/capacity.md.")
@_options
def capacity(users: tuple[float, ...], results: Path, write: bool, **options: Any) -> None:
    """Print what so many users need, and at how many users each limit is reached."""
    assumed = Assumptions(**options)
    tables = sections(Model(operations(assumed.people_a_report, results), assumed), users)
    if write:
        PAGE.write_text(page(tables), encoding="utf-8")
    click.echo("\n\n".join(tables.values()))


if __name__ == "__main__":
    capacity()
