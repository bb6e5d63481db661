"""The command line: `python cli.py COMMAND`. It uses the database of the settings, as the functions do."""

import json
import os
from pathlib import Path
from typing import Any, TextIO, TypeVar
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

import click
from azure.core.exceptions import AzureError

from functions.http_openapi.document import document
from local import demo_data as demo
from local import demo_tokens as tokens
from local import postman
from local.host.configuration import LocalSettings
from local.host.environment import SETTINGS_FILE, DatabaseChoice, apply
from migrations import runner
from operations import check, export_file, import_commands, person, reencryption, report
from operations import replay_feed as replays
from operations.adopt.adoption import Adoption
from operations.adopt.listing import Listing
from operations.adopt.source import OldDatabase, OldDatabaseError
from operations.command_line import PERSON, TENANT, UNITS, a_uuid, perform, some_uuids
from operations.pace import Pace
from operations.progress import Progress
from shared import instants
from shared.auth.caller import Caller
from shared.config import settings
from shared.cosmos.containers import WATCHED
from shared.flags import feature_flags as flags
from shared.reports.schemas import FORMATS

T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Manage the time-tracking backend from the command line.

    Settings come from the environment, then from local.settings.json. Without either, commands use the embedded
    database that `make run` starts.
    """
    local = LocalSettings.read(Path(__file__).parent / SETTINGS_FILE)
    apply(DatabaseChoice.of(local.values, os.environ).settings(local.values, os.environ), os.environ)
    # No command checks a token, so this setting is not needed.
    os.environ.setdefault("JWT_VERIFICATION", "gateway")


@cli.command()
@click.option("--dry-run", is_flag=True, help="Show what would run, and change nothing.")
def migrate(*, dry_run: bool) -> None:
    """Create the containers and update the data to the current schema."""
    done = "would run" if dry_run else "ran"
    try:
        names = perform(runner.pending if dry_run else runner.migrate)
    except runner.MigrationChangedError as error:
        raise click.ClickException(str(error)) from error
    for name in names:
        click.echo(f"{done} {name}")
    if not dry_run:
        click.echo("The database is up to date.")


@cli.command("demo-data")
@click.option(
    "--users", type=click.IntRange(1, demo.MOST_USERS), default=demo.USERS, show_default=True, help="Number of people."
)
@click.option("--days", type=click.IntRange(1, 3660), default=demo.DAYS, show_default=True, help="Number of past days.")
def demo_data(users: int, days: int) -> None:
    """Add a catalog, people and their time entries to the demo tenant. Existing data stays."""
    with click.progressbar(length=demo.entries_in(users, days), label="Time entries") as bar:
        perform(lambda: demo.fill(users, days, bar.update))


FILE = click.option(
    "-f",
    "--file",
    type=click.File("w", encoding="utf-8"),
    required=True,
    help="Output file; `-` prints to the terminal.",
)


@cli.command("gen-swagger-json")
@FILE
def gen_swagger_json(file: TextIO) -> None:
    """Write the OpenAPI document, as `/api/openapi.json` answers it and API Management imports it."""
    _write(file, document())


def _address(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if urlsplit(value).scheme in {"http", "https"} and urlsplit(value).netloc:
        return value
    raise click.BadParameter(f"{value!r} is no address; it begins with http:// or https://")


def _base_url(context: click.Context, parameter: click.Parameter, value: str) -> str:
    has_path = urlsplit(_address(context, parameter, value)).path.strip("/")
    return value if has_path else value.rstrip("/") + document()["servers"][0]["url"]


@cli.command("gen-postman-collection")
@FILE
@click.option(
    "-b",
    "--base-url",
    callback=_base_url,
    default="http://localhost:7071/api",
    show_default=True,
    help="Address of the API. Without a path, /api is added.",
)
def gen_postman_collection(file: TextIO, base_url: str) -> None:
    """Write a Postman collection (format 2.1) with an example of every call.

    Import it, then set its variable `token` to `Bearer <JWT>`. `python cli.py token` makes a token for a laptop.
    """
    _write(file, postman.collection_of(document(), base_url))


def _write(file: TextIO, content: Any) -> None:
    try:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
    except OSError as error:
        raise click.ClickException(f"{file.name} can't be written: {error.strerror}") from error


@cli.command()
@click.option("--user", callback=a_uuid, help="The user's id, a UUID. By default, it is derived from the e-mail.")
@click.option("--email", default=demo.USER.email, show_default=True, help="The user's e-mail.")
@click.option("--name", default=demo.USER.name, show_default=True, help="The user's name.")
@click.option(
    "--tenant", callback=a_uuid, default=tokens.DEMO_TENANT, show_default=True, help="The tenant's id, a UUID."
)
@click.option("--admin", is_flag=True, help="Make the user an administrator.")
@click.option("--tester", is_flag=True, help="Make the user a tester.")
def token(user: str | None, email: str, name: str, tenant: str, *, admin: bool, tester: bool) -> None:  # noqa: PLR0913
    """Print an unsigned token for local use. It is refused wherever signatures are checked."""
    user_id = user or str(uuid5(NAMESPACE_URL, email))
    click.echo(tokens.token(user_id, email, name, tenant_id=tenant, admin=admin, tester=tester))


@cli.command("flags")
@click.option("--email", help="The user's e-mail.")
@click.option("--user", callback=a_uuid, help="The user's id, a UUID. Flags use it for users without an e-mail.")
@click.option("--group", "groups", multiple=True, help="A role or group of the user. Repeat it for several.")
def feature_flags(email: str | None, user: str | None, groups: tuple[str, ...]) -> None:
    """Show which feature flags are on for a user, or for anyone if no user is given."""
    who = Caller(user or "", "", email, None, is_admin=False, is_tester=False, groups=frozenset(groups))
    found = perform(lambda: _flags_for(who)).flags
    click.echo(f"from {settings().feature_flags.place}, for {email or user or 'anyone'}:")
    known = set(map(str, flags.Flag))
    for name in sorted(known | found.keys()):
        remark = "" if name in known & found.keys() else "not in the code" if name in found else "not there"
        click.echo(f"  {name:<30} {'on' if found.get(name) else 'off':<5}{remark}".rstrip())


async def _flags_for(who: Caller) -> flags.Toggles:
    try:
        return await flags.of_process().read_for(who)
    except (AzureError, OSError, ValueError) as error:
        raise click.ClickException(f"the flags can't be read: {error}") from error


@cli.command("export-user")
@TENANT
@PERSON
@click.option(
    "-f",
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Output file; `-` prints to the terminal.",
)
@UNITS
def export_user(tenant: str, user: str, file: Path, units: float) -> None:
    """Export all data about a person, one JSON document a line.

    FILE appears when the export is complete; until then, the data is in FILE.part. If the command is interrupted, run
    it again to continue.
    """
    who = person.Person(tenant, user)
    with Progress() as progress:
        if str(file) == "-":
            perform(lambda: _print(who, progress), Pace(units))
            return
        try:
            perform(lambda: export_file.write(who, file, progress), Pace(units))
        except OSError as error:
            raise click.ClickException(f"{error.filename or file} can't be written: {error.strerror}") from error


async def _print(who: person.Person, progress: Progress) -> None:
    async for record in person.export(who):
        progress.say(export_file.line_of(record))
        progress(record["kind"])


@cli.command("report")
@TENANT
@click.option("--group-by", default="project", show_default=True, help="One to three groups, separated by commas.")
@click.option("--start-date", help="The first local day, such as 2026-11-01. Without dates: the current month.")
@click.option("--end-date", help="The last local day.")
@click.option("--timezone", default="UTC", show_default=True, help="The time zone of the days, by its IANA name.")
@click.option("--rounding", help="How each entry is rounded: up, down or nearest.")
@click.option("--rounding-minutes", help="To how many minutes. 15 by default.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="xlsx", show_default=True)
@click.option("-f", "--file", type=click.Path(dir_okay=False, path_type=Path), required=True)
@UNITS
def report_command(tenant: str, form: str, file: Path, units: float, **asked: str | None) -> None:
    """Write a report of everyone's time by groups, of any size, with amounts."""
    query = {"format": form} | {name: value for name, value in asked.items() if value}
    try:
        with Progress() as progress:
            content = perform(
                lambda: report.make(tenant, query, lambda count: progress("time entries", count=count)), Pace(units)
            )
        file.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{error.filename or file} can't be written: {error.strerror}") from error


@cli.command("erase-user")
@TENANT
@PERSON
@UNITS
@click.confirmation_option(prompt="This can't be undone. Erase the person's name, e-mail and free text?")
def erase_user(tenant: str, user: str, units: float) -> None:
    """Erase a person's name, e-mail and free text; their hours stay. If it is interrupted, run it again."""
    with Progress() as progress:
        perform(lambda: person.erase(person.Person(tenant, user), progress), Pace(units))


@cli.command("reencrypt-secrets")
@UNITS
def reencrypt_secrets(units: float) -> None:
    """Encrypt the secrets of webhooks with the current SECRETS_KEY. If it is interrupted, run it again."""

    async def run() -> list[reencryption.Found]:
        return [found async for found in reencryption.reencrypt()]

    found = perform(run, Pace(units))
    for webhook_id in sorted(one.webhook_id for one in found if not one.is_readable):
        click.echo(f"webhook {webhook_id}: no key reads its secret; rotate it")
    click.echo(f"{sum(one.is_readable for one in found)} encrypted anew")


@cli.command("check")
@click.option("--dry-run", is_flag=True, help="Show what is wrong, and change nothing.")
@click.option(
    "--from-owner",
    callback=a_uuid,
    help="Continue an interrupted run from the owner that it last printed. Owners before this one are not checked.",
)
@UNITS
def check_data(*, dry_run: bool, from_owner: str | None, units: float) -> None:
    """Find and repair timelines that disagree with their entries, and missing events. Tell of missing indexes."""

    async def run() -> list[bool]:
        mended = []
        checked = check.check(instants.now(), progress, mend=not dry_run, from_owner=from_owner or "")
        for findings in (check.indexes(), checked):
            async for finding in findings:
                progress.say(f"{finding.container_id}: {finding.item_id}: {finding.what}")
                mended.append(finding.mended)
        return mended

    with Progress("go on with --from-owner") as progress:
        found = perform(run, Pace(units))
    mended = "nothing was changed" if dry_run else f"{sum(found)} mended"
    click.echo(f"{len(found)} found, {mended}" if found else "All is well.")


@cli.command("adopt")
@click.option("--from-endpoint", callback=_address, required=True, help="The old Cosmos DB account's address.")
@click.option(
    "--from-key",
    envvar="FROM_KEY",
    help="Its key; a read-only one will do. By default FROM_KEY of the environment, else your Azure identity is used.",
)
@click.option("--from-database", required=True, help="The old database's name.")
@click.option(
    "--tenant", "tenants", callback=some_uuids, multiple=True, help="Only this tenant. Repeat it for several."
)
@click.option(
    "--overlaps",
    type=click.Choice(("trim", "skip")),
    default="trim",
    show_default=True,
    help="Of entries that overlap, end the earlier one where the later one begins, or leave the later one out.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and write nothing but the two files.")
@click.option(
    "-f",
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    default="adopted.csv",
    show_default=True,
    help="The list of what broke a rule, and what was done; the hours by user and month go into a file beside it.",
)
@UNITS
def adopt(  # noqa: PLR0913 - each is an option
    *,
    from_endpoint: str,
    from_key: str | None,
    from_database: str,
    tenants: tuple[str, ...],
    overlaps: str,
    file: Path,
    units: float,
    dry_run: bool,
) -> None:
    """Bring over the data of the system that this one replaces, with its ids.

    Nothing is written to the old account. Run it as often as you like: a later run brings what has changed there since,
    and so does one after a run that was interrupted. UNITS are used in each account.
    """

    async def run() -> None:
        async with OldDatabase(from_endpoint, from_key, from_database, units) as source:
            adoption = Adoption(source, progress, trim=overlaps == "trim", dry_run=dry_run)
            async for told in adoption.run(tenants):
                listing.add(told)

    try:
        with Progress() as progress, Listing(file) as listing:
            perform(run, Pace(units))
    except OldDatabaseError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or file} can't be written: {error.strerror}") from error
    for line in listing.summary():
        click.echo(line)
    if listing.unexplained:
        raise click.ClickException(f"of {listing.unexplained} months, {file} does not explain the difference")


cli.add_command(import_commands.import_file)
cli.add_command(import_commands.take_back)


@cli.command("replay-feed")
@click.argument("feed", type=click.Choice(sorted(WATCHED)))
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, and change nothing.")
@click.option("--force", is_flag=True, help="Delete leases that a host holds, too: that host then reads nothing more.")
def replay_feed(feed: str, *, dry_run: bool, force: bool) -> None:
    """Have a container's change feed delivered again, from the beginning.

    Deletes the leases of exactly this feed. Stop the hosts first, or switch its trigger off, and start them afterwards:
    a running host does not notice that its leases are gone. An event that is delivered twice stays single.
    """
    try:
        ids = perform(lambda: replays.replay(feed, force=force, dry_run=dry_run))
    except replays.FeedInUseError as error:
        raise click.ClickException(
            f"{error}. Nothing that a host holds was deleted. Stop the hosts, or set AzureWebJobs.change_feed_{feed}."
            "Disabled, and wait a minute; or use --force, and restart them."
        ) from error
    for lease_id in ids:
        click.echo(f"{'would delete' if dry_run else 'deleted'} {lease_id}")
    if not ids:
        click.echo(f"The feed of {feed} has no leases: it begins from the beginning anyway.")
    elif not dry_run:
        click.echo(
            f"Now restart the hosts: only a host that starts makes new leases, and reads {feed} from the beginning."
        )


if __name__ == "__main__":
    cli()
