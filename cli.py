"""The command line: `python cli.py COMMAND`. It talks to the database of the settings, as the functions do."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypeVar
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import click
from azure.core.exceptions import AzureError

from functions.http_docs.document import document
from local import demo_data as demo
from local import postman, tokens
from local.host.configuration import LocalSettings
from local.host.environment import SETTINGS_FILE, DatabaseChoice, apply
from migrations import runner
from operations import check, person
from operations.pace import Pace
from shared import clients, flags
from shared.auth import Caller, is_uuid
from shared.config import settings
from shared.errors import ApiError

T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Everything that is done by hand around the time-tracking backend.

    The settings come from the environment, then from local.settings.json; without either, the embedded database of
    `make run` is meant.
    """
    local = LocalSettings.read(Path(__file__).parent / SETTINGS_FILE)
    apply(DatabaseChoice.of(local.values, os.environ).settings(local.values, os.environ), os.environ)
    # No command checks a token, so none has to say who would.
    os.environ.setdefault("JWT_VERIFICATION", "gateway")


@cli.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be run.")
def migrate(*, dry_run: bool) -> None:
    """Create the containers and bring the data to the present shape."""
    done = "would run" if dry_run else "ran"
    for name in _run(runner.pending if dry_run else runner.migrate):
        click.echo(f"{done} {name}")
    if not dry_run:
        click.echo("The database is up to date.")


@cli.command("demo-data")
@click.option(
    "--users", type=click.IntRange(1, demo.MOST_USERS), default=demo.USERS, show_default=True, help="How many people."
)
@click.option("--days", type=click.IntRange(1, 3660), default=demo.DAYS, show_default=True, help="How many past days.")
def demo_data(users: int, days: int) -> None:
    """Fill the demo tenant with a catalog, people, and their time. What is there already stays."""
    with click.progressbar(length=demo.entries_in(users, days), label="Time entries") as bar:
        _run(lambda: demo.fill(users, days, bar.update))


FILE = click.option(
    "-f", "--file", type=click.File("w", encoding="utf-8"), required=True, help="Where to write it; `-` prints it."
)


@cli.command("gen-swagger-json")
@FILE
def gen_swagger_json(file: TextIO) -> None:
    """Write the OpenAPI document: what `/api/openapi.json` answers, and what API Management imports."""
    _write(file, document())


def _base_url(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise click.BadParameter(f"{value!r} is no address; it begins with http:// or https://")
    return value if parts.path.strip("/") else value.rstrip("/") + document()["servers"][0]["url"]


@cli.command("gen-postman-collection")
@FILE
@click.option(
    "-b",
    "--base-url",
    callback=_base_url,
    default="http://localhost:7071/api",
    show_default=True,
    help="Where the API is. Without a path, /api is meant.",
)
def gen_postman_collection(file: TextIO, base_url: str) -> None:
    """Write a Postman collection (format 2.1): every call, with its example.

    Import it, then put `Bearer <JWT>` into its variable `token`; `python cli.py token` makes one for a laptop.
    """
    _write(file, postman.collection_of(document(), base_url))


def _write(file: TextIO, content: Any) -> None:
    try:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
    except OSError as error:
        raise click.ClickException(f"{file.name} can't be written: {error.strerror}") from error


def _uuid(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None or is_uuid(value):
        return value
    raise click.BadParameter(f"{value!r} is not a UUID")


@cli.command()
@click.option("--user", callback=_uuid, help="The user's id, a UUID; without it, one is derived from the e-mail.")
@click.option("--email", default=demo.USER.email, show_default=True, help="The user's e-mail.")
@click.option("--name", default=demo.USER.name, show_default=True, help="The user's name.")
@click.option(
    "--tenant", callback=_uuid, default=tokens.DEMO_TENANT, show_default=True, help="The tenant's id, a UUID."
)
@click.option("--admin", is_flag=True, help="Make the user an administrator.")
@click.option("--tester", is_flag=True, help="Make the user a tester.")
def token(user: str | None, email: str, name: str, tenant: str, *, admin: bool, tester: bool) -> None:  # noqa: PLR0913
    """Print a token for local use: unsigned, so that it opens nothing where signatures are checked."""
    user_id = user or str(uuid5(NAMESPACE_URL, email))
    click.echo(tokens.token(user_id, email, name, tenant_id=tenant, admin=admin, tester=tester))


@cli.command("flags")
@click.option("--email", help="The user's e-mail.")
@click.option("--user", callback=_uuid, help="The user's id, a UUID; flags name a user by it if he has no e-mail.")
@click.option("--group", "groups", multiple=True, help="A role or group of the user's; may be given several times.")
def feature_flags(email: str | None, user: str | None, groups: tuple[str, ...]) -> None:
    """Read the feature flags, and show which are on for a user: without options, for anyone."""
    who = Caller(user or "", "", email, None, is_admin=False, is_tester=False, groups=frozenset(groups))
    found = _run(lambda: _flags_for(who))
    click.echo(f"from {settings().feature_flags.place}, for {email or user or 'anyone'}:")
    known = set(map(str, flags.Flag))
    for name in sorted(known | found.keys()):
        remark = "" if name in known & found.keys() else "not in the code" if name in found else "not there"
        click.echo(f"  {name:<30} {'on' if found.get(name) else 'off':<5}{remark}".rstrip())


async def _flags_for(who: Caller) -> dict[str, bool]:
    try:
        return await flags.of_process().read_for(who)
    except (AzureError, OSError, ValueError) as error:
        raise click.ClickException(f"the flags can't be read: {error}") from error


PACE = click.option(
    "--units",
    type=click.FloatRange(min=0, min_open=True),
    default=400,
    show_default=True,
    help="How many request units a second it may take.",
)
TENANT = click.option("--tenant", callback=_uuid, required=True, help="The tenant's id, a UUID.")
PERSON = click.option("--user", callback=_uuid, required=True, help="The person's id, a UUID.")


@cli.command("export-user")
@TENANT
@PERSON
@FILE
@PACE
def export_user(tenant: str, user: str, file: TextIO, units: float) -> None:
    """Write all that is kept of a person: a JSON document a line."""

    async def write() -> int:
        count = 0
        async for record in person.export(person.Person(tenant, user), Pace(units)):
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
        return count

    click.echo(f"{_run(write)} records", err=True)


@cli.command("erase-user")
@TENANT
@PERSON
@PACE
@click.confirmation_option(prompt="This can't be undone. Erase the person's name, e-mail and free text?")
def erase_user(tenant: str, user: str, units: float) -> None:
    """Blank a person's free text, and forget name and e-mail; hours stay. It can be cut off and run again."""
    done: Counter[str] = Counter()
    with _counting(done) as count:
        _run(lambda: person.erase(person.Person(tenant, user), Pace(units), count))


@cli.command("check")
@click.option("--dry-run", is_flag=True, help="Only say what is wrong.")
@PACE
def check_data(*, dry_run: bool, units: float) -> None:
    """Find and mend timelines that disagree with their entries, and events that are missing."""

    async def run() -> int:
        count = 0
        async for finding in check.check(Pace(units), mend=not dry_run):
            click.echo(f"{finding.container_id}: {finding.item_id}: {finding.what}")
            count += 1
        return count

    count = _run(run)
    click.echo(f"{count} found" + (", nothing was changed" if dry_run else ", all mended") if count else "All is well.")


@contextmanager
def _counting(done: Counter[str]) -> Iterator[Callable[[str], None]]:
    """Shows, on a terminal, how many documents of which container are done: how many there will be, nobody knows."""

    def line() -> str:
        return ", ".join(f"{n} in {name}" for name, n in done.items()) or "Nothing was left to erase."

    def count(container_id: str) -> None:
        done[container_id] += 1
        if sys.stderr.isatty():
            click.echo(f"\r{line()}", nl=False, err=True)

    yield count
    click.echo(f"\r{line()}" if sys.stderr.isatty() else line(), err=True)


def _run(work: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine to its end, and close what it opened; what the database refuses is one line."""

    async def run() -> T:
        try:
            return await work()
        finally:
            await clients.close()

    try:
        return asyncio.run(run())
    except ApiError as error:
        raise click.ClickException(error.message) from error
    except runner.MigrationChangedError as error:
        raise click.ClickException(str(error)) from error
    except AzureError as error:
        raise click.ClickException(f"the database can't be reached ({type(error).__name__})") from error


if __name__ == "__main__":
    cli()
