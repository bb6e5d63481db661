"""What the imports call takes beside the file: how to read it."""

from shared.http.fields import Choice, Name, Query, QueryBoolean, Text, about
from shared.http.local_time import TimeZone
from shared.imports.formats import FORMATS
from shared.imports.values import ORDERS

DEFAULT_ACTIVITY = "Imported"


class ImportQuery(Query):
    """How a file is to be read."""

    format = Choice(
        "ImportFormat", tuple(FORMATS), load_default="generic", metadata=about("Whose columns the file has.")
    )
    timezone = TimeZone(
        load_default=None,
        metadata=about(
            "The time zone of the file's wall clocks, by its name in the IANA database. It may be left out only where"
            " each time has an offset.",
            "Europe/Berlin",
        ),
    )
    date_format = Choice(
        "DateFormat",
        ORDERS,
        load_default=None,
        metadata=about("The order of year, month and day, where the file's own rows leave it in doubt."),
    )
    default_activity = Name(
        load_default=DEFAULT_ACTIVITY,
        metadata=about("The activity of rows that name no task or activity.", DEFAULT_ACTIVITY),
    )
    default_project = Name(
        load_default=None,
        metadata=about("The project of rows that name none. Without it, they fail.", "General"),
    )
    file_name = Text(
        load_default=None,
        longest=255,
        metadata=about("The name of the file, which the events of its entries show.", "march.csv"),
    )
    dry_run = QueryBoolean(load_default=False, metadata=about("Whether to tell what would be done, and do nothing."))
