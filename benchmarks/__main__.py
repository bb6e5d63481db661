"""`python -m benchmarks` (`make bench`): what the backend costs, how it grows, and how it starts."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from benchmarks import (
    cold_start,
    editions,
    growth,
    large_answers,
    operations,
    peers,
    report,
    reports,
    webhooks,
)
from benchmarks.operations import Effort

# The URLs of other servers, by their names.
Targets = Mapping[str, str]


def _operations(effort: Effort, targets: Targets) -> None:
    result = asyncio.run(operations.measure(effort, targets))
    click.echo(report.operations_table(result))
    report.save("side_by_side" if targets else "operations", result, report.operations_chart(result))


def _growth(effort: Effort, _: Targets) -> None:
    result = asyncio.run(growth.measure(effort.rounds, effort.seconds_alone))
    click.echo(report.growth_table(result))
    report.save("growth", result, report.growth_chart(result))


def _cold_start(effort: Effort, _: Targets) -> None:
    result = asyncio.run(cold_start.measure(max(effort.rounds, FEWEST_PAIRS)))
    click.echo(report.cold_start_table(result))
    report.save("cold_start", result)


def _large_answers(effort: Effort, _: Targets) -> None:
    result = asyncio.run(large_answers.measure(effort.rounds))
    click.echo(report.large_answers_table(result))
    report.save("large_answers", result)


def _reports(effort: Effort, _: Targets) -> None:
    result = asyncio.run(reports.measure(effort.rounds))
    click.echo(report.reports_table(result))
    report.save("reports", result)


def _webhooks(_: Effort, __: Targets) -> None:
    result = asyncio.run(webhooks.measure())
    click.echo(report.webhooks_table(result))
    report.save("webhooks", result)


def _peers(effort: Effort, _: Targets) -> None:
    result = asyncio.run(peers.measure(effort))
    click.echo(report.peers_table(result))
    report.save("peers", result, report.peers_chart(result))


def _editions(effort: Effort, _: Targets) -> None:
    result = asyncio.run(editions.measure(effort))
    click.echo(report.editions_table(result))
    report.save("editions", result, report.editions_chart(result))


# A cold start is short, and its time varies much.
FEWEST_PAIRS = 9
PARTS: dict[str, Callable[[Effort, Targets], Any]] = {
    "operations": _operations,
    "growth": _growth,
    "cold-start": _cold_start,
    "large-answers": _large_answers,
    "reports": _reports,
    "webhooks": _webhooks,
    "peers": _peers,
    "editions": _editions,
}
# Only run when they are asked for: they install a package of others, need the repository's history, take long.
ASKED_FOR = {"peers", "editions", "webhooks"}


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice([*PARTS]))
@click.option("--target", "targets", metavar="[NAME=]URL", multiple=True, help="Measure this server too; repeatable.")
@click.option("--users", default=Effort().users, show_default=True, help="How many call at once.")
@click.option("--rounds", default=Effort().rounds, show_default=True, help="How often each is measured alone.")
@click.option("--seconds", default=Effort().seconds_alone, show_default=True, help="How long each time.")
def bench(parts: Sequence[str], targets: Sequence[str], users: int, rounds: int, seconds: float) -> None:
    """Measure PARTS, or all but peers, editions and webhooks; tables are printed, and results are written.

    JSON and charts go to benchmarks/results/. With targets, the operations are measured, there and here in turns. The
    server at URL has to take tokens whose signature nobody has checked, as `make run` does. It gets a new tenant.
    """
    effort = Effort(users, rounds, seconds, seconds * Effort().seconds_together / Effort().seconds_alone)
    for part in ["operations"] if targets else parts or [name for name in PARTS if name not in ASKED_FOR]:
        click.echo(f"\n{part}\n")
        PARTS[part](effort, dict(map(named, targets)))


def named(target: str) -> tuple[str, str]:
    """The name and the address in `NAME=URL`; a URL alone is its own name."""
    before, equals, after = target.partition("=")
    name, url = (before, after) if equals and "/" not in before else (target, target)
    return name, url.rstrip("/").removesuffix("/api")


if __name__ == "__main__":
    bench()
