"""The command line: `python cli.py COMMAND`. It talks to the database of the settings, as the functions do."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import click
from azure.core.exceptions import AzureError, HttpResponseError

from functions.http_openapi.document import document
from local import demo_data as demo
from local import demo_tokens as tokens
from local import postman
from local.host.configuration import LocalSettings
from local.host.environment import SETTINGS_FILE, DatabaseChoice, apply
from migrations import runner
from operations import check, export_file, person
from operations.pace import Pace
from operations.progress import Progress
from shared import clients, instants
from shared.auth.caller import Caller
from shared.config import settings
from shared.errors import ApiError
from shared.flags import feature_flags as flags
from shared.ids import is_uuid
from shared.logs import log_what_waits

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


UNITS = click.option(
    "--units",
    # Below it, a request would wait for so long after a large page that its signature were too old.
    type=click.FloatRange(min=10),
    default=400,
    show_default=True,
    help="How many request units a second it may take.",
)
TENANT = click.option("--tenant", callback=_uuid, required=True, help="The tenant's id, a UUID.")
PERSON = click.option("--user", callback=_uuid, required=True, help="The person's id, a UUID.")


@cli.command("export-user")
@TENANT
@PERSON
@click.option(
    "-f",
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where to write it; `-` prints it.",
)
@UNITS
def export_user(tenant: str, user: str, file: Path, units: float) -> None:
    """Write all that is kept of a person: a JSON document a line.

    FILE is there when it is whole; what is written until then lies in FILE.part. Cut off and run again, it goes on
    after that.
    """
    who = person.Person(tenant, user)
    with Progress() as progress:
        if str(file) == "-":
            _run(lambda: _print(who, progress), Pace(units))
            return
        try:
            _run(lambda: export_file.write(who, file, progress), Pace(units))
        except OSError as error:
            raise click.ClickException(f"{error.filename or file} can't be written: {error.strerror}") from error


async def _print(who: person.Person, progress: Progress) -> None:
    async for record in person.export(who):
        progress.say(export_file.line_of(record))
        progress(record["kind"])


@cli.command("erase-user")
@TENANT
@PERSON
@UNITS
@click.confirmation_option(prompt="This can't be undone. Erase the person's name, e-mail and free text?")
def erase_user(tenant: str, user: str, units: float) -> None:
    """Blank a person's free text, and forget name and e-mail; hours stay. Cut off, it can be run again."""
    with Progress() as progress:
        _run(lambda: person.erase(person.Person(tenant, user), progress), Pace(units))


@cli.command("check")
@click.option("--dry-run", is_flag=True, help="Only say what is wrong.")
@click.option(
    "--from-owner",
    callback=_uuid,
    help="Go on where a run was cut off: with the owner that it said last. What lies before is taken for checked.",
)
@UNITS
def check_data(*, dry_run: bool, from_owner: str | None, units: float) -> None:
    """Find and mend timelines that disagree with their entries, and events that are missing."""

    async def run() -> list[bool]:
        mended = []
        async for finding in check.check(instants.now(), progress, mend=not dry_run, from_owner=from_owner or ""):
            progress.say(f"{finding.container_id}: {finding.item_id}: {finding.what}")
            mended.append(finding.mended)
        return mended

    with Progress("go on with --from-owner") as progress:
        found = _run(run, Pace(units))
    mended = "nothing was changed" if dry_run else f"{sum(found)} mended"
    click.echo(f"{len(found)} found, {mended}" if found else "All is well.")


def _run(work: Callable[[], Awaitable[T]], pace: Pace | None = None) -> T:
    """Run a coroutine to its end, at this pace, and close what it opened; what the database refuses is one line."""

    async def run() -> T:
        if pace:
            clients.cosmos_transport.set(lambda: pace)
        try:
            return await work()
        finally:
            log_what_waits()
            await clients.close()

    try:
        return asyncio.run(run())
    except ApiError as error:
        raise click.ClickException(error.message) from error
    except runner.MigrationChangedError as error:
        raise click.ClickException(str(error)) from error
    except HttpResponseError as error:
        raise click.ClickException(f"the database answered {error.status_code}: {error.reason}") from error
    except AzureError as error:
        raise click.ClickException(f"the database can't be reached ({type(error).__name__})") from error


if __name__ == "__main__":
    cli()
