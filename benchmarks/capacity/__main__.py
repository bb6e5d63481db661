"""`python -m benchmarks.capacity`: what so many users cost and where the first wall is, on paper."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from benchmarks.capacity import measured, page
from benchmarks.capacity.assumptions import ABOUT, Assumptions
from benchmarks.capacity.page import PAGE, SIZES, Prices
from benchmarks.capacity.walls import Model


def _options_of_assumptions(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, value in reversed(asdict(Assumptions()).items()):
        option = click.option(f"--{name.replace('_', '-')}", default=float(value), show_default=True, help=ABOUT[name])
        command = option(command)
    return command


@click.command()
@click.option(
    "--users",
    type=click.FloatRange(min=1),
    multiple=True,
    default=SIZES,
    show_default=True,
    help="How many; several times.",
)
@click.option("--results", type=click.Path(path_type=Path), default=measured.RESULTS, help="The measured figures.")
@click.option("--price-per-million-units", "million_units", type=float, help="Of request units, serverless.")
@click.option("--price-per-100-units-hour", "hundred_units_hour", type=float, help="Of 100 RU/s, autoscale, an hour.")
@click.option("--price-per-gigabyte-month", "gigabyte_month", type=float, help="Of storage.")
@click.option("--write", is_flag=True, help="Write the tables of docs/capacity.md anew: by the defaults alone.")
@_options_of_assumptions
def capacity(users: tuple[float, ...], results: Path, write: bool, **options: Any) -> None:
    """Print what so many users need. Without prices, money is a formula."""
    prices = Prices(**{name: options.pop(name) for name in asdict(Prices())})
    model = Model(measured.read(results), measured.sizes(), Assumptions(**options))
    tables = page.sections(model, users, prices)
    if not write:
        click.echo("\n\n".join(tables.values()))
    elif (users, results, prices, model.assumed) == (SIZES, measured.RESULTS, Prices(), Assumptions()):
        PAGE.write_text(page.page(tables), encoding="utf-8")
    else:
        raise click.UsageError("The page shows the defaults: --write goes with no other option.")


if __name__ == "__main__":
    capacity()
