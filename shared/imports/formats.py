"""The formats of files: which columns each has, and what they mean. Pure.

A column is known by its title, whatever its case; `_` is like a blank. Titles differ between a product's versions and
settings, so most columns have several. Sources: files that people exported, November 2026.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.http.fields import WHITE_SPACE

# How many rows may stand above the header: a title, an empty row.
MOST_ROWS_ABOVE = 10


@dataclass(frozen=True, slots=True)
class Format:
    """A product's export: the titles of its columns by what they hold.

    `needed`: each of these groups needs one of its columns. `hours`: columns whose plain numbers are hours; in others,
    they are days, as spreadsheets have durations.
    """

    columns: Mapping[str, Sequence[str]]
    needed: Sequence[Sequence[str]]
    hours: frozenset[str] = frozenset()

    def places(self, header: Sequence[object]) -> dict[str, int]:
        """Which column of a file holds what. Of columns with one title, the first counts."""
        titles: dict[str, int] = {}
        for place, title in enumerate(header):
            titles.setdefault(_plain(title), place)
        return {
            name: titles[known[0]]
            for name, spellings in self.columns.items()
            if (known := [title for title in spellings if title in titles])
        }

    def missing(self, places: Mapping[str, int]) -> list[str]:
        """The titles of needed columns that a file lacks."""
        return [self.columns[names[0]][0] for names in self.needed if not any(name in places for name in names)]


def _plain(title: object) -> str:
    return " ".join(str(title).strip(WHITE_SPACE + "\ufeff").casefold().replace("_", " ").split())


# A row without any of these is no entry: it is empty, or adds others up.
TELLING = frozenset(
    ("date", "start_date", "start_time", "end_time", "start", "end", "project", "customer", "activity", "description")
)
_CLOCKS: Mapping[str, Sequence[str]] = {
    "start_date": ("start date",),
    "start_time": ("start time",),
    "end_date": ("end date", "stop date"),
    "end_time": ("end time", "stop time"),
}
_WHAT: Mapping[str, Sequence[str]] = {
    "customer": ("client", "customer"),
    "project": ("project",),
    "activity": ("task", "activity"),
    "description": ("description",),
    "technologies": ("tags", "tag", "technologies"),
    "billable": ("billable",),
    "uri": ("uri", "link or ticket"),
}
# Watson 2.1.0 (`watson log --csv`) has `start` and `stop`, and TimeTagger 26.1.3 a column of dates beside its times.
# The package clockify-export 0.3.0 writes `type`, our own reports `running`, and Timetrap calls a project a sheet.
_GENERIC = Format(
    {
        **_WHAT,
        "project": ("project", "sheet"),
        "description": ("description", "notes", "note", "comment", "comments"),
        "start": ("start", "begin"),
        "end": ("end", "stop"),
        "day": ("date", "day"),
        "duration": ("duration", "duration (h)"),
        "hours": ("hours", "duration (decimal)"),
        "email": ("user email", "email", "e-mail"),
        # Not `user`: TimeTagger's is a login, and its file is of one person.
        "name": ("user name",),
        "type": ("type",),
        "running": ("running",),
        # TimeTagger's alone, which tells that tags have a `#`. In other files it is a part of the tag.
        "tag_groups": ("tag groups",),
    },
    (("start",), ("end", "duration", "hours")),
    frozenset({"hours"}),
)

FORMATS: Mapping[str, Format] = {
    "toggl": Format(
        {**_WHAT, **_CLOCKS, "duration": ("duration",), "email": ("email",), "name": ("user",)},
        (("start_date",), ("start_time",), ("end_time", "duration")),
    ),
    "clockify": Format(
        {
            **_WHAT,
            **_CLOCKS,
            "duration": ("duration (h)", "duration"),
            "hours": ("duration (decimal)",),
            "email": ("email",),
            "name": ("user",),
            "type": ("type",),
            # It tells nothing of the entry, but may tell the order of day and month.
            "created": ("date of creation",),
        },
        (("start_date",), ("start_time",), ("end_time", "duration", "hours")),
        frozenset({"hours"}),
    ),
    # And other files of days and hours: Redmine's have `User`, `Activity`, `Issue` and `Comment`, Odoo's `Employee` and
    # `Hours Spent`, which the package clockify-timesheet 0.5.1 writes as well.
    "harvest": Format(
        {
            "date": ("date",),
            "customer": ("client", "customer"),
            "project": ("project",),
            "activity": ("task", "activity"),
            "description": ("notes", "description", "comment", "comments"),
            "hours": ("hours", "hours spent"),
            "billable": ("billable?", "billable"),
            "name": ("user", "employee"),
            "first_name": ("first name",),
            "last_name": ("last name",),
            "email": ("email",),
            "uri": ("external reference url", "issue"),
        },
        (("date",), ("project",), ("hours",)),
        frozenset({"hours"}),
    ),
    # As version 2 exports it in English; it says who by name, and newer ones by e-mail as well.
    "kimai": Format(
        {
            **_WHAT,
            "start_date": ("date",),
            "start_time": ("from", "begin"),
            "end_time": ("to", "end"),
            "duration": ("duration",),
            "email": ("email", "e-mail"),
            "name": ("name", "user", "username"),
        },
        (("start_date",), ("start_time",), ("end_time", "duration")),
        frozenset({"duration"}),
    ),
    # As Hamster 3.0.3 and hamster-lib 0.13.2 write TSV in English. The duration of what runs is the time until then, so
    # that only an end tells that a row is whole.
    "hamster": Format(
        {
            "project": ("category",),
            "activity": ("activity",),
            "description": ("description",),
            "technologies": ("tags",),
            "start": ("start time",),
            "end": ("end time",),
        },
        (("start",), ("end",), ("project",)),
    ),
    # It says who by name alone.
    "solidtime": Format({**_GENERIC.columns, "name": ("user",)}, _GENERIC.needed, _GENERIC.hours),
    "generic": _GENERIC,
}
