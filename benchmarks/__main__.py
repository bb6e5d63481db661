"""`python -m benchmarks` (`make bench`): what the backend costs, how it grows, and how it starts."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import click

from benchmarks import cold_start, growth, large_answers, operations, peers, report, reports, webhooks
from benchmarks.operations import Effort


def _operations(effort: Effort, target: str | None) -> None:
    result = asyncio.run(operations.measure(effort, target))
    click.echo(report.operations_table(result))
    report.save("operations" if target is None else "side_by_side", result, report.operations_chart(result))


def _growth(effort: Effort, _: str | None) -> None:
    result = asyncio.run(growth.measure(effort.rounds, effort.seconds_alone))
    click.echo(report.growth_table(result))
    report.save("growth", result, report.growth_chart(result))


def _cold_start(effort: Effort, _: str | None) -> None:
    result = asyncio.run(cold_start.measure(max(effort.rounds, FEWEST_PAIRS)))
    click.echo(report.cold_start_table(result))
    report.save("cold_start", result)


def _large_answers(effort: Effort, _: str | None) -> None:
    result = asyncio.run(large_answers.measure(effort.rounds))
    click.echo(report.large_answers_table(result))
    report.save("large_answers", result)


def _reports(effort: Effort, _: str | None) -> None:
    result = asyncio.run(reports.measure(effort.rounds))
    click.echo(report.reports_table(result))
    report.save("reports", result)


def _webhooks(_: Effort, __: str | None) -> None:
    result = asyncio.run(webhooks.measure())
    click.echo(report.webhooks_table(result))
    report.save("webhooks", result)


def _peers(effort: Effort, _: str | None) -> None:
    result = asyncio.run(peers.measure(effort))
    click.echo(report.peers_table(result))
    report.save("peers", result, report.peers_chart(result))


# A cold start is short, and its time varies much.
FEWEST_PAIRS = 9
PARTS: dict[str, Callable[[Effort, str | None], Any]] = {
    "operations": _operations,
    "growth": _growth,
    "cold-start": _cold_start,
    "large-answers": _large_answers,
    "reports": _reports,
    "webhooks": _webhooks,
    "peers": _peers,
}
# Only run when they are asked for: the one installs a package of others, the other takes many minutes.
ASKED_FOR = {"peers", "webhooks"}


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice([*PARTS]))
@click.option("--target", metavar="URL", help="Measure the operations of this server as well, in turn with ours.")
@click.option("--users", default=Effort().users, show_default=True, help="How many call at once.")
@click.option("--rounds", default=Effort().rounds, show_default=True, help="How often each is measured alone.")
@click.option("--seconds", default=Effort().seconds_alone, show_default=True, help="How long each time.")
def bench(parts: Sequence[str], target: str | None, users: int, rounds: int, seconds: float) -> None:
    """Measure PARTS, or all but peers and webhooks; prints tables, writes JSON and charts to benchmarks/results/.

    The server at URL has to take tokens whose signature nobody has checked, as `make run` does. It gets a new tenant.
    """
    effort = Effort(users, rounds, seconds, seconds * Effort().seconds_together / Effort().seconds_alone)
    for part in ["operations"] if target else parts or [name for name in PARTS if name not in ASKED_FOR]:
        click.echo(f"\n{part}\n")
        PARTS[part](effort, target.rstrip("/").removesuffix("/api") if target else None)


if __name__ == "__main__":
    bench()
