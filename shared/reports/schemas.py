"""What the reports take: the list's filters, and how to group, round and write."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, post_load, pre_load, validate

from shared import instants
from shared.http.fields import Choice, CommaList, QueryBoolean, QueryInteger, Separator, about, given_parts
from shared.reports.rules import GROUPS, ROUNDINGS
from shared.time_entries.schemas import RangeQuery

FORMATS = ("json", "csv", "xlsx")
MOST_GROUPS = 3
DEFAULT_ROUNDING_MINUTES = 15
DELIMITERS = {",": ",", ";": ";", "\t": "\t", "tab": "\t"}


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """How a CSV file is written."""

    delimiter: str = ","
    decimal: str = "."
    bom: bool = False
    raw: bool = False


class GroupList(fields.Field[tuple[str, ...]]):
    """One to three groups, separated by commas, none of them twice."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:  # noqa: ARG002
        groups = given_parts(str(value))
        if unknown := next((group for group in groups if group not in GROUPS), None):
            raise ValidationError(f"There is no group {unknown[:40]!r}; there are: {', '.join(GROUPS)}.")
        if len(set(groups)) < len(groups):
            raise ValidationError("A group is there twice.")
        if len(groups) > MOST_GROUPS:
            raise ValidationError(f"There can be {MOST_GROUPS} groups at most.")
        return tuple(groups)


class ReportQuery(RangeQuery):
    """What both reports take."""

    customer_id = CommaList(
        load_default=None, metadata=about("Only time entries for these customers: ids, separated by commas.")
    )
    billable = QueryBoolean(load_default=None, metadata=about("Only billable time entries, or only others."))
    format = Choice("ReportFormat", FORMATS, load_default="json", metadata=about("The format of the answer."))
    delimiter = Separator(
        load_default=",",
        validate=validate.Regexp(r"^([,;\t]|tab)$"),
        metadata=about("In CSV, what separates the columns: a comma, a semicolon, or `tab`."),
    )
    decimal = Separator(
        load_default=None,
        validate=validate.Regexp(r"^[.,]$"),
        metadata=about(
            "In CSV, the decimal separator: a point, or a comma, which is the default with semicolons.", ","
        ),
    )
    bom = QueryBoolean(
        load_default=False, metadata=about("Whether a CSV begins with a byte order mark, by which Excel knows UTF-8.")
    )
    raw = QueryBoolean(
        load_default=False,
        metadata=about("Whether a CSV has texts as they are, also those that a spreadsheet would take for formulas."),
    )


class TimeReportQuery(ReportQuery):
    """The query of the report of groups."""

    group_by = GroupList(
        load_default=lambda: ("project",),
        metadata=about(
            f"One to three of these, separated by commas: {', '.join(f'`{one}`' for one in GROUPS)}.", "project,user"
        ),
    )
    rounding = Choice(
        "Rounding",
        ROUNDINGS,
        load_default="none",
        metadata=about("How the duration of each entry is rounded, in this report alone."),
    )
    rounding_minutes = QueryInteger(
        load_default=None,
        validate=validate.Range(1, 60),
        metadata=about(f"To how many minutes it is rounded; {DEFAULT_ROUNDING_MINUTES} by default."),
    )

    @pre_load
    def layouts_are_of_entries(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "layout" in data:
            raise ValidationError("Only /reports/entries has layouts.", "layout")
        return data

    @post_load
    def minutes_need_a_way(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if data["rounding_minutes"] is not None and data["rounding"] == "none":
            raise ValidationError("Say how to round as well: rounding=up, down or nearest.", "rounding_minutes")
        return {**data, "rounding_minutes": data["rounding_minutes"] or DEFAULT_ROUNDING_MINUTES}


class EntriesReportQuery(ReportQuery):
    """The query of the report of entries."""

    layout = Choice(
        "ReportLayout",
        ("toggl",),
        load_default=None,
        metadata=about("`toggl` writes a CSV with the columns of Toggl's detailed report."),
    )


def zone_of(query: Mapping[str, Any]) -> tzinfo:
    """The zone of the report's days."""
    zone: ZoneInfo | None = query["timezone"]
    return zone or instants.offset_zone(query["timezone_offset"])


def csv_style(query: Mapping[str, Any]) -> CsvStyle:
    """How the query wants a CSV to be written. A comma for decimals goes with semicolons, as in most of Europe."""
    delimiter = DELIMITERS[query["delimiter"]]
    return CsvStyle(delimiter, query["decimal"] or ("," if delimiter == ";" else "."), query["bom"], query["raw"])
