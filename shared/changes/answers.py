"""What `GET /changes` answers: every kind of thing that it tells of, and how one is shown."""

from collections.abc import Callable
from typing import Any

from marshmallow import fields

from shared.auth.caller import Caller
from shared.catalog.project_types import PROJECT_TYPES
from shared.catalog.projects import own_shown as shown_project
from shared.catalog.resources import ACTIVITIES, CUSTOMERS, TECHNOLOGIES, Resource
from shared.cosmos.containers import PROJECT, TIME_ENTRY
from shared.cosmos.items import Document
from shared.http.fields import Answer, Boolean, Choice, Id, Text, about
from shared.time_entries.answers import own_shown as shown_entry
from shared.time_entries.timeline import TIMESHEET
from shared.timesheets.answers import shown as shown_timesheet

Show = Callable[[Document, Caller], dict[str, Any]]


def _catalog(resource: Resource) -> Show:
    return lambda item, _: resource.shown(item)


# How each kind is shown, by its container, whose items bear no kind in the database, or by the kind that they bear.
# What is not here (timelines, outbox documents) is nobody's business.
KINDS: dict[str, Show] = {
    TIME_ENTRY: lambda entry, _: shown_entry(entry),
    TIMESHEET: shown_timesheet,
    PROJECT: lambda project, _: shown_project(project),
    **{resource.container_id: _catalog(resource) for resource in (CUSTOMERS, PROJECT_TYPES, ACTIVITIES, TECHNOLOGIES)},
}


class Change(Answer):
    """Something that has changed, as it is now."""

    kind = Choice("ChangeKind", tuple(KINDS), metadata=about("What it is.", "time_entry"))
    id = Id(metadata=about("Its id.", "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03"))
    deleted = Boolean(metadata=about("Whether it is deleted.", False))
    item = fields.Dict(
        keys=fields.String(),
        values=fields.Raw(allow_none=True),
        allow_none=True,
        metadata=about(
            "Its own fields, as its own resource shows them, without those of the things that it refers to. Null if it "
            "is deleted.",
            {"id": "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03", "description": "Review", "end_date": None},
        ),
    )


class ChangePage(Answer):
    """What has changed since a cursor, and the cursor behind it."""

    data = fields.List(
        fields.Nested(Change), metadata=about("The changes. Apply them in this order: the later one counts.")
    )
    cursor = Text(metadata=about("The `cursor` of the next call.", "Zm9sbG93IG1l"))
    more = fields.Boolean(metadata=about("Whether there may be more already. If so, call again at once.", False))


def change_of(caller: Caller, container_id: str, document: Document) -> dict[str, Any] | None:
    """A document of the change feed as it is answered; None where it is nothing that a caller sees."""
    kind = document.get("kind", container_id)
    show = KINDS.get(kind)
    if show is None:
        return None
    deleted = "deleted" in document
    return {"kind": kind, "id": document["id"], "deleted": deleted, "item": None if deleted else show(document, caller)}
