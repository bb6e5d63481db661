"""`python cli.py import` and `python cli.py take-back`."""

from pathlib import Path

import click

from operations import importing
from operations.command_line import TENANT, UNITS, a_uuid, perform
from operations.pace import Pace
from operations.progress import Progress
from shared.auth.caller import Caller
from shared.imports.formats import FORMATS
from shared.imports.values import ORDERS

# Of a file of so many bytes, it takes more than a moment until the first rows are done.
LARGE = 5 * 1024 * 1024
OWNER = click.option("--user", callback=a_uuid, required=True, help="The id of the administrator whose import it is.")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "format", type=click.Choice([*FORMATS]), default="generic", show_default=True)
@TENANT
@OWNER
@click.option("--timezone", help="The time zone of the file's wall clocks, by its IANA name.")
@click.option("--date-format", type=click.Choice(ORDERS), help="The order of year, month and day, if it is in doubt.")
@click.option("--default-activity", help="The activity of rows without one. Imported by default.")
@click.option("--default-project", help="The project of rows that name none. Without it, they fail.")
@click.option("--dry-run", is_flag=True, help="Show what would be done, and write nothing.")
@click.option("--resume", is_flag=True, help="Skip what an interrupted run of the same import has done.")
@UNITS
def import_file(  # noqa: PLR0913 - each is an option
    file: Path, tenant: str, user: str, units: float, *, dry_run: bool, resume: bool, **asked: str | None
) -> None:
    """Import time entries from another tracker's CSV or XLSX file, of any size.

    Rows that name nobody are the user's. The same file again creates nothing.
    """
    query = {name: value for name, value in asked.items() if value} | ({"dry_run": "true"} if dry_run else {})
    caller = Caller(user.lower(), tenant.lower(), is_admin=True)
    with Progress("if it is interrupted, run it again with") as progress:
        told = importing.Told(
            lambda count: progress("rows", "--resume", count=count),
            lambda row: progress.say(f"row {row.number}: {row.code}: {row.message}"),
        )
        if file.stat().st_size > LARGE:
            click.echo("The file is read and sorted first.", err=True)
        try:
            result = perform(lambda: importing.bring_in(caller, file, query, told, resume=resume), Pace(units))
        except OSError as error:
            raise click.ClickException(str(error)) from error
    made = ", ".join(f"{count} {things}" for things, count in result.made.items() if count) or "nothing"
    click.echo(f"{result.created} created, {result.unchanged} unchanged, {result.failed} failed; made: {made}")
    if not dry_run:
        click.echo(f"To undo it: python cli.py take-back {result.import_id} --tenant {tenant} --user {user}")


@click.command("take-back")
@click.argument("import_id", callback=a_uuid)
@TENANT
@OWNER
@UNITS
def take_back(import_id: str, tenant: str, user: str, units: float) -> None:
    """Delete what an import created, except entries that were changed since or that a timesheet locks."""
    caller = Caller(user.lower(), tenant.lower(), is_admin=True)
    with Progress() as progress:
        result = perform(
            lambda: importing.undo(caller, import_id.lower(), lambda count: progress("time entries", count=count)),
            Pace(units),
        )
        for entry_id, code in result.kept:
            progress.say(f"{entry_id}: {code}")
    click.echo(f"{result.deleted} deleted, {len(result.kept)} kept")
