"""What a document of the old system becomes here, as pure functions; what breaks a rule is told in remarks.

Old documents have no `kind`; `deleted` is a UUID; dates have 3 to 7 decimals or an offset; anything may be missing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unicodedata import normalize
from uuid import NAMESPACE_URL, uuid5

from operations.adopt.remarks import KEPT, LEFT_OUT, Remark
from shared.catalog.resources import Resource
from shared.cosmos.containers import ACTIVITY, CUSTOMER, PROJECT, PROJECT_TYPE, TIME_ENTRY
from shared.cosmos.items import Document
from shared.http.fields import (
    CONTROLS,
    CONTROLS_IN_NAMES,
    DIRECTIONS,
    LONGEST_INSTANT,
    LONGEST_NAME,
    LONGEST_TIMEZONE_OFFSET,
    STATUSES,
    WHITE_SPACE,
    clean_name,
    clean_text,
)
from shared.ids import uuid_in
from shared.instants import DEFAULT_TIMEZONE_OFFSET, format_instant, parse_instant, tenth, whole_milliseconds
from shared.time_entries.rules import Interval

LONGEST_ENTRY_DESCRIPTION = 1500
LONGEST_DESCRIPTION = 250
LONGEST_URI = 2000
LONGEST_TECHNOLOGY = 100
MOST_TECHNOLOGIES = 10
UNNAMED = "Unnamed"
# What a name must not hold, beside what `clean_name` takes out by itself.
NOT_IN_NAMES = re.compile(f"{CONTROLS_IN_NAMES.pattern}|{DIRECTIONS.pattern}")
MINUTES = re.compile(r"[+-]?\d{1,4}(\.0+)?", re.ASCII)

Known = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class OldEntry:
    """An entry of the old system: the fields that it gets here, where it lay, and where it is to lie.

    `interval` is None for one whose dates say nothing, `was` also for a deleted one, which nobody sees in the old
    system, `wanted` also for one that lies ahead. `time_remarks` say why they differ.
    """

    id: str
    written_at: int
    fields: Document
    deleted: str | None
    interval: Interval | None
    was: Interval | None
    wanted: Interval | None
    remarks: tuple[Remark, ...]
    time_remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class OldItem:
    """An item of the old catalog: the fields that it gets here."""

    id: str
    fields: Document
    deleted: str | None
    remarks: tuple[Remark, ...]


def entry_of(document: Document, now: datetime, known: Known) -> OldEntry:
    """An old time entry. `known`: the ids that there are, by container."""
    read = _Reader(document, known)
    entry_id = read.own_id(TIME_ENTRY)
    fields = {
        "project_id": read.kept_reference("project_id", PROJECT),
        "activity_id": read.kept_reference("activity_id", ACTIVITY),
        "description": read.text("description", LONGEST_ENTRY_DESCRIPTION),
        "uri": read.text("uri", LONGEST_URI),
        "technologies": read.technologies(),
        "timezone_offset": read.timezone_offset(),
    }
    interval, remark = _interval(document)
    deleted = deleted_of(document)
    wanted, ahead = (None, None) if deleted or interval is None else _not_ahead(interval, now)
    return OldEntry(
        entry_id,
        int(document.get("_ts") or 0),
        fields,
        deleted,
        interval,
        None if deleted else interval,
        wanted,
        tuple(read.remarks),
        tuple(filter(None, (remark, ahead))),
    )


def item_of(document: Document, resource: Resource, known: Known) -> OldItem:
    """An old item of the catalog. `known`: the ids that there are, by container."""
    read = _Reader(document, known)
    readers: Mapping[str, Any] = {
        "name": read.name,
        "description": lambda: read.text("description", LONGEST_DESCRIPTION),
        "status": read.status,
        "technologies": read.technologies,
        "customer_id": lambda: read.reference("customer_id", CUSTOMER),
        "project_type_id": lambda: read.reference("project_type_id", PROJECT_TYPE),
        "parent_id": lambda: read.reference("parent_id", PROJECT_TYPE),
        "first_use_time_entry_id": lambda: id_of(TIME_ENTRY, document.get("first_use_time_entry_id")),
        "creation_date": lambda: read.instant("creation_date"),
        # The old system has no such field.
        "billable": lambda: True,
    }
    own_id = read.own_id(resource.container_id)
    fields = {name: readers[name]() for name in resource.fields}
    return OldItem(own_id, fields, deleted_of(document), tuple(read.remarks))


def id_of(container_id: str, value: object) -> str | None:
    """The id by which a document is known here: its own if that is a UUID, else one that is always made of it."""
    if uuid := uuid_in(value):
        return uuid
    return str(uuid5(NAMESPACE_URL, f"{container_id}/{value}")) if isinstance(value, str) and value.strip() else None


def deleted_of(document: Mapping[str, Any]) -> str | None:
    """The UUID that marks a deleted document; one that is none becomes one."""
    if not (value := document.get("deleted")):
        return None
    return uuid_in(value) or str(uuid5(NAMESPACE_URL, f"deleted/{document['id']}"))


def instant_of(value: object) -> datetime | None:
    """An old date, in whole milliseconds; None for what is none."""
    try:
        written = value if isinstance(value, str) and len(value) <= LONGEST_INSTANT else ""
        return whole_milliseconds(parse_instant(written))
    except ValueError:
        return None


def _interval(document: Mapping[str, Any]) -> tuple[Interval | None, Remark | None]:
    """Where an entry lies; a missing end is that of a running one."""
    started, ended = document.get("start_date"), document.get("end_date") or None
    start, end = instant_of(started), instant_of(ended)
    if start is None:
        return None, Remark("start_date_invalid", LEFT_OUT, started)
    if ended is not None and end is None:
        return None, Remark("end_date_invalid", LEFT_OUT, ended)
    if end is not None and end <= start:
        return None, Remark("end_not_after_start", LEFT_OUT, ended)
    return Interval(start, end), None


def _not_ahead(interval: Interval, now: datetime) -> tuple[Interval | None, Remark | None]:
    """What of an entry lies before now. A later run brings the rest."""
    if interval.start >= tenth(now):
        return None, Remark("start_in_future", LEFT_OUT)
    if interval.end and interval.end > now:
        return Interval(interval.start, tenth(now)), Remark("end_in_future", "ended now")
    return interval, None


@dataclass(slots=True)
class _Reader:
    """Reads the fields of one document, and collects what there is to tell of them."""

    document: Mapping[str, Any]
    known: Known
    remarks: list[Remark] = field(default_factory=list)

    def own_id(self, container_id: str) -> str:
        value = self.document["id"]
        made = str(id_of(container_id, value))
        if made != value:
            self._tell("id_invalid", "given another id", value, made)
        return made

    def name(self) -> str:
        """A name by the rules, of at most 50 characters. That it is unique is seen to elsewhere."""
        value = self.document.get("name")
        try:
            clean = clean_name(NOT_IN_NAMES.sub("", _unicode(value)))
        except ValueError:
            clean = UNNAMED
        kept = clean[:LONGEST_NAME].strip(WHITE_SPACE)
        if kept != value:
            self._tell("name_too_long" if len(clean) > LONGEST_NAME else "name_invalid", "renamed", value, kept)
        return kept

    def text(self, name: str, longest: int) -> str | None:
        """A text without control characters, of so many characters at most; an empty one is null."""
        value = self.document.get(name)
        if value is None or value == "":
            return None
        written = CONTROLS.sub("", _unicode(value))
        try:
            whole = clean_text(written)
        except ValueError:
            # Too many combining characters in a row.
            whole = ""
        kept = whole[:longest]
        if kept != (normalize("NFC", value) if isinstance(value, str) else value):
            code, done = ("too_long", "cut") if len(whole) > longest else ("invalid", "characters taken out")
            self._tell(f"{name}_{code}", done, value, kept)
        return kept or None

    def technologies(self) -> list[str]:
        """At most 10 distinct names."""
        value = self.document.get("technologies")
        given = [*dict.fromkeys(_unicode(one) for one in (value if isinstance(value, list) else [value]) if one)]
        names = [*dict.fromkeys(filter(None, map(_technology, given)))]
        kept = names[:MOST_TECHNOLOGIES]
        if kept != given:
            self._tell("technologies_invalid", "cut", value, kept)
        return kept

    def timezone_offset(self) -> int:
        """Whole minutes, which older documents have as a text."""
        value = self.document.get("timezone_offset")
        if value is None or value == "":
            return DEFAULT_TIMEZONE_OFFSET
        written = str(value).strip()
        minutes = int(float(written)) if MINUTES.fullmatch(written) else LONGEST_TIMEZONE_OFFSET + 1
        if abs(minutes) > LONGEST_TIMEZONE_OFFSET:
            self._tell("timezone_offset_invalid", "set to the default", value, DEFAULT_TIMEZONE_OFFSET)
            return DEFAULT_TIMEZONE_OFFSET
        return minutes

    def status(self) -> str:
        """Active, unless it says otherwise."""
        value = self.document.get("status")
        status = value.strip().lower() if isinstance(value, str) else value
        if status in STATUSES:
            return str(status)
        if status:
            self._tell("status_invalid", "set to active", value, STATUSES[0])
        return STATUSES[0]

    def instant(self, name: str) -> str | None:
        moment = instant_of(value := self.document.get(name))
        if moment is None and value:
            self._tell(f"{name}_invalid", "dropped", value)
        return format_instant(moment) if moment else None

    def reference(self, name: str, container_id: str) -> str | None:
        """An id that may be missing. One that leads nowhere is dropped: it would hide the item from lists."""
        value = self.document.get(name)
        reference = id_of(container_id, value)
        if reference is None or reference in self.known[container_id]:
            return reference
        self._tell(f"{container_id}_not_found", "dropped", value)
        return None

    def kept_reference(self, name: str, container_id: str) -> str | None:
        """An id that an entry must have. One that leads nowhere is kept: its hours were worked for something."""
        value = self.document.get(name)
        reference = id_of(container_id, value)
        if reference is None or reference not in self.known[container_id]:
            self._tell(f"{container_id}_not_found", KEPT, value, reference)
        return reference

    def _tell(self, code: str, done: str, old: Any, new: Any = None) -> None:
        self.remarks.append(Remark(code, done, old, new))


def _unicode(value: object) -> str:
    """The value as a text that UTF-8 can write: JSON can spell half of a surrogate pair."""
    return ("" if value is None else str(value)).encode(errors="ignore").decode()


def _technology(value: str) -> str:
    try:
        return clean_name(NOT_IN_NAMES.sub("", value))[:LONGEST_TECHNOLOGY].strip(WHITE_SPACE)
    except ValueError:
        return ""
