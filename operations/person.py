"""Exports and erases a person's data.

An erasure keeps the hours, which accounting needs, under an id that no longer identifies anyone here. It removes the
free text of entries, wherever a copy of it is kept, and the person's name and e-mail. Both can be interrupted and run
again.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from tenacity import AsyncRetrying, retry_if_exception

from operations.pace import scan
from shared import instants
from shared.auth.caller import Caller
from shared.calendar.addresses import CALENDAR
from shared.catalog.project_types import PROJECT_TYPES
from shared.catalog.resources import ACTIVITIES, CUSTOMERS, PROJECTS, TECHNOLOGIES
from shared.catalog.store import STATE_KIND, WRITE_KIND
from shared.clients import container
from shared.config import settings
from shared.cosmos import items, transactions
from shared.cosmos.containers import ADMINISTRATION, DEAD_LETTER, DELIVERY, EVENT, TIME_ENTRY
from shared.cosmos.items import Document, own_fields
from shared.cosmos.transactions import Attempt, Change
from shared.errors import ApiError
from shared.events.delivery import BadDocumentError, event_of
from shared.events.outbox import EVENT_FIELDS, outbox_document, stamped
from shared.imports.records import IMPORT_KIND
from shared.imports.store import IMPORT, IMPORTED
from shared.instants import format_instant
from shared.logs import correlation_id
from shared.rates.answers import FIELDS as RATE_FIELDS
from shared.rates.store import RATE
from shared.time_entries.entry import FIELDS
from shared.time_entries.forgotten import PROPOSED_END
from shared.time_entries.rules import length_mark
from shared.time_entries.timeline import LOCKING, TIMESHEET, read_timeline
from shared.timesheets.reading import SUBMITTED_KIND, entries_within
from shared.timesheets.store import TOLD
from shared.users.file_directory import FileDirectory
from shared.users.role_lock import LOCK_KIND
from shared.users.store import USER
from shared.webhooks.answers import FIELDS as WEBHOOK_FIELDS
from shared.webhooks.deliveries import written
from shared.webhooks.lanes import LANE
from shared.webhooks.reading import SECRETS, WEBHOOK
from shared.webhooks.store import STATE_OF_WEBHOOK

T = TypeVar("T")

# Replaces whatever a client wrote there.
BLANK: Document = {"description": None, "uri": None, "technologies": []}

# The fields of each kind of item, which are all that the changes of an event may hold.
ALWAYS = frozenset({"id", "tenant_id", "deleted"})
CHANGED = {
    TIME_ENTRY: ALWAYS | {PROPOSED_END, "import_id", "taken_back", *(field.name for field in FIELDS)},
    USER: frozenset({"roles", "groups"}),
    TIMESHEET: ALWAYS.union(TOLD, ("comment",)),
    CALENDAR: ALWAYS,
    # An older version told what is kept in the database, where `kind` is that of the document.
    RATE: ALWAYS.union(("kind", "rate_kind", "name"), RATE_FIELDS),
    WEBHOOK: ALWAYS.union(("kind", "name", *STATE_OF_WEBHOOK), WEBHOOK_FIELDS),
    **{
        resource.container_id: ALWAYS.union(resource.fields)
        for resource in (ACTIVITIES, CUSTOMERS, PROJECTS, PROJECT_TYPES, TECHNOLOGIES)
    },
}

OF_TENANT = "SELECT * FROM c WHERE c.tenant_id IN (@tenant, @tenant_in_lower_case)"
OWNED = f"{OF_TENANT} AND c.owner_id IN (@user, @user_in_lower_case)"
ENTRIES = f"{OWNED} AND {items.IS_ITEM}"
WITH_TEXT = f"{ENTRIES} AND (IS_STRING(c.description) OR IS_STRING(c.uri) OR ARRAY_LENGTH(c.technologies) > 0)"
# Of the whole tenant: the person may have commented on others'.
TIMESHEETS = f"{OF_TENANT} AND c.kind = '{TIMESHEET}'"
# What the history of a timesheet says.
ERASED = "The free text was erased."
OUTBOX = (
    f'{OF_TENANT} AND c.kind = "event"'
    # What the person did with others' timesheets may hold their words, and an import the name of their file.
    " AND (c.owner_id IN (@user, @user_in_lower_case) OR c.event.user_id IN (@user, @user_in_lower_case))"
)
IMPORTS = f'{OWNED} AND c.kind = "{IMPORT_KIND}"'
EVENTS = (
    f"{OF_TENANT} AND (c.owner_id IN (@user, @user_in_lower_case) OR c.user_id IN (@user, @user_in_lower_case)"
    # Of the person's roles.
    f' OR (c.container_id = "{USER}" AND c.item_id IN (@user, @user_in_lower_case)))'
)
DEAD_LETTERS = (
    "SELECT * FROM c WHERE c.document.tenant_id IN (@tenant, @tenant_in_lower_case)"
    " AND c.document.owner_id IN (@user, @user_in_lower_case)"
)
DELIVERIES = (
    f"{OF_TENANT} AND (c.owner_id IN (@user, @user_in_lower_case) OR c.user_id IN (@user, @user_in_lower_case))"
)
# Rates are for administrators only: the export says that there is a rate, but not its amount.
RATES = (
    "SELECT c.id, c.tenant_id, c.rate_kind, c.user_id, c.project_id, c.customer_id, c.activity_id, c.valid_from"
    ' FROM c WHERE c.tenant_id IN (@tenant, @tenant_in_lower_case) AND c.kind = "rate"'
    " AND c.user_id IN (@user, @user_in_lower_case)"
)

AMOUNTS = ("amount", "amounts")
# That there is an address, not what it is: nobody knows that but its owner.
CALENDARS = (
    "SELECT c.id, c.tenant_id, c.user_id FROM c WHERE c.tenant_id IN (@tenant, @tenant_in_lower_case)"
    f' AND c.kind = "{CALENDAR}" AND c.user_id IN (@user, @user_in_lower_case)'
)

# What an export holds, in this order: the container, and the query for the person's documents.
PARTS = {
    "time_entry": (TIME_ENTRY, ENTRIES),
    TIMESHEET: (TIME_ENTRY, f"{OWNED} AND c.kind = '{TIMESHEET}'"),
    SUBMITTED_KIND: (TIME_ENTRY, f"{OWNED} AND c.kind = '{SUBMITTED_KIND}'"),
    "outbox": (TIME_ENTRY, OUTBOX),
    IMPORT_KIND: (TIME_ENTRY, IMPORTS),
    "event": (EVENT, EVENTS),
    "dead_letter": (DEAD_LETTER, DEAD_LETTERS),
    "delivery": (DELIVERY, DELIVERIES),
    "rate": (ADMINISTRATION, RATES),
    "calendar": (ADMINISTRATION, CALENDARS),
}

# The other kinds of documents beside the items, and why they have no line of their own.
NOBODYS = {
    "event": "the outbox: exported as `outbox`, erased with the event that it carries",
    "timeline": "holds a copy of the running entry, which is erased with the entry",
    "tree": "guards the tenant's project types",
    WEBHOOK: "the tenant's: where events are sent",
    SECRETS: "the key with which a webhook's deliveries are signed, encrypted",
    LANE: "when a webhook's deliveries are due",
    LOCK_KIND: "guards the tenant's role changes",
    WRITE_KIND: "tells readers that the tenant's catalog is being written",
    STATE_KIND: "tells readers that the tenant's catalog was written",
}
# What an erasure keeps beside the hours: accounting needs the rates.
LEFT = {
    "rate": "no free text, under an id that no longer leads to anyone here",
    SUBMITTED_KIND: "no free text: what the digest of a timesheet is over",
}


@dataclass(frozen=True, slots=True)
class Person:
    """The person whose data it is."""

    tenant_id: str
    user_id: str

    @property
    def parameters(self) -> dict[str, str]:
        """The person in a query: an id as it is given, or in lower case, as identity providers write it."""
        return {
            "tenant": self.tenant_id,
            "tenant_in_lower_case": self.tenant_id.lower(),
            "user": self.user_id,
            "user_in_lower_case": self.user_id.lower(),
        }


async def export(person: Person, last: Document | None = None) -> AsyncIterator[Document]:
    """Everything stored about a person: first the person, then one record a document, deleted entries included.

    `last` is the record after which it goes on.
    """
    if last is None:
        user = await FileDirectory(settings().directory.file).user(person.tenant_id, person.user_id)
        who = {"name": user.name, "email": user.email} if user else {"name": None, "email": None}
        yield {"kind": "user", "id": person.user_id, "tenant_id": person.tenant_id, **who}
    kinds = [*PARTS]
    begun = kinds.index(last["kind"]) if last and last["kind"] in PARTS else 0
    for kind in kinds[begun:]:
        container_id, text = PARTS[kind]
        after = last["id"] if last and last["kind"] == kind else ""
        query = f"{text} AND c.id > @after ORDER BY c.id"
        async for document in scan(container_id, query, {**person.parameters, "after": after}):
            record = own_fields(document)
            # What a timesheet amounts to is part of what was approved, and of the proof of it.
            kept = {"amounts": record["amounts"]} if kind == TIMESHEET else {}
            yield {"kind": kind} | without_amounts(record) | kept | {"kind": kind}


def without_amounts(value: Any) -> Any:
    """A value of JSON without rates and amounts, at any depth.

    They are of the company, and of whoever's hour it is. Also an administrator's own export leaves them out, as it may
    be handed to someone who is an administrator no longer: the event says that a rate was changed, and not to what.
    """
    if isinstance(value, dict):
        return {name: without_amounts(part) for name, part in value.items() if name not in AMOUNTS}
    return [without_amounts(part) for part in value] if isinstance(value, list) else value


async def erase(person: Person, done: Callable[[str], Any]) -> None:
    """Blank the person's free text and forget name and e-mail; `done` is called for each document with its container.

    Outbox documents are blanked before the events made from them, so that no event is made again with the text.
    """
    async for timesheet in scan(TIME_ENTRY, TIMESHEETS, person.parameters):
        if await _blank_timesheet(person, timesheet):
            done(TIME_ENTRY)
    async for entry in scan(TIME_ENTRY, WITH_TEXT, person.parameters):
        await _blank_entry(entry)
        done(TIME_ENTRY)
    async for outbox in scan(TIME_ENTRY, OUTBOX, person.parameters):
        if await _blank_outbox(person, outbox):
            done(TIME_ENTRY)
    await _forget_files(person, done)
    async for event in scan(EVENT, EVENTS, person.parameters):
        if (blank := _blank_event(person, event)) != own_fields(event):
            await container(EVENT).upsert_item(blank)
            done(EVENT)
    async for letter in scan(DEAD_LETTER, DEAD_LETTERS, person.parameters):
        gone = {"document": None, "error": "its document was erased"}
        await container(DEAD_LETTER).upsert_item(own_fields(letter) | gone)
        done(DEAD_LETTER)
    await _end_calendars(person, done)
    await _blank_answers(person, done)
    directory = FileDirectory(settings().directory.file)
    if await directory.user(person.tenant_id, person.user_id):
        await directory.remove(person.tenant_id, person.user_id)
        done("directory")


async def _end_calendars(person: Person, done: Callable[[str], Any]) -> None:
    async for calendar in scan(ADMINISTRATION, CALENDARS, person.parameters):
        await container(ADMINISTRATION).delete_item(calendar["id"], partition_key=calendar["tenant_id"])
        done(ADMINISTRATION)


async def _forget_files(person: Person, done: Callable[[str], Any]) -> None:
    """Forget what the files were called that the person imported."""
    async for record in scan(TIME_ENTRY, IMPORTS, person.parameters):
        if record["file_name"] is not None:
            await container(TIME_ENTRY).upsert_item(own_fields(record) | {"file_name": None})
            done(TIME_ENTRY)


async def _blank_answers(person: Person, done: Callable[[str], Any]) -> None:
    """Blank what receivers of webhooks have answered to the person's events: it may repeat a part of them."""
    async for delivery in scan(DELIVERY, DELIVERIES, person.parameters):
        if (answer := delivery["last_answer"]) and answer["body"]:
            await written(own_fields(delivery) | {"last_answer": {**answer, "body": None}}, delivery)
            done(DELIVERY)


async def _blank_entry(found: Document) -> None:
    """Blank an entry and, if it is the running one, its copy in the timeline; the event says that, and not what."""
    tenant_id, owner_id = partition = [found["tenant_id"], found["owner_id"]]
    correlation_id.set(uuid4().hex)
    now = instants.now()

    async def attempt() -> Change[None]:
        entry = await items.read(TIME_ENTRY, found["id"], partition)
        if entry is None:
            return Change(None)
        # It is read last, because every write of the person's changes it.
        timeline = await read_timeline(tenant_id, owner_id)
        blank = own_fields(entry) | BLANK
        after = stamped(
            length_mark(blank) | blank,
            Caller(owner_id, tenant_id),
            TIME_ENTRY,
            "erase",
            "Erase the free text of a time entry",
        )
        at = timeline.event_at(now)
        event = outbox_document(after, after, at)
        return Change(None, [transactions.replace(after, entry), timeline.after(blank).told(at).operation()], [event])

    await _settle(partition, attempt)


async def _blank_timesheet(person: Person, found: Document) -> bool:
    """Blank the comments of a timesheet that the person wrote, of their own timesheets all; False if nothing is there.

    The history of one that is submitted or approved says also where free text in its period is erased. The digest is
    over no text, so that it stays. This comes before the entries, for afterwards nobody could tell.
    """
    partition = [found["tenant_id"], found["owner_id"]]
    correlation_id.set(uuid4().hex)
    now = instants.now()

    async def attempt() -> Change[bool]:
        before = await items.read(TIME_ENTRY, found["id"], partition)
        if before is None:
            return Change(result=False)
        blank = _without_comments(person, before)
        has_text = is_same(before["owner_id"], person) and await _has_text(before)
        if blank == own_fields(before) and (not has_text or before["history"][-1]["comment"] == ERASED):
            return Change(result=False)
        step = {"date": format_instant(now), "user_id": found["owner_id"], "status": before["status"]}
        blank["history"] = [*blank["history"], {**step, "comment": ERASED}]
        caller = Caller(found["owner_id"], found["tenant_id"])
        after = stamped(blank, caller, TIMESHEET, "erase", "Erase the free text of a timesheet")
        return Change(True, [transactions.replace(after, before)], [outbox_document(after, after, now)])

    return await _settle(partition, attempt)


def _without_comments(person: Person, timesheet: Document) -> Document:
    """The timesheet's own fields, without what the person wrote, or, of their own, anybody."""
    is_own = is_same(timesheet["owner_id"], person)
    history = [
        {**step, "comment": None}
        if (is_own or is_same(step["user_id"], person)) and step["comment"] not in {None, ERASED}
        else step
        for step in timesheet["history"]
    ]
    return own_fields(timesheet) | {"history": history, "comment": None if is_own else timesheet["comment"]}


async def _has_text(timesheet: Document) -> bool:
    """Whether an entry in a locked period has free text."""
    if timesheet["status"] not in LOCKING:
        return False
    partition = [timesheet["tenant_id"], timesheet["owner_id"]]
    entries = await entries_within(partition, (timesheet["start"], timesheet["end"]))
    return any(entry.get(name) for entry in entries for name in BLANK)


def is_same(user_id: object, person: Person) -> bool:
    """Whether the id is the person's, in whatever case."""
    return str(user_id).lower() == person.user_id.lower()


async def _settle(partition: list[str], attempt: Attempt[T]) -> T:
    # While the person keeps clocking in it may lose several races; then it starts again.
    conflict = retry_if_exception(lambda error: isinstance(error, ApiError) and error.code == "write_conflict")
    settled: T = await AsyncRetrying(retry=conflict)(transactions.settle, TIME_ENTRY, partition, attempt)
    return settled


async def _blank_outbox(person: Person, outbox: Document) -> bool:
    """Blank an outbox document, whose event is then delivered anew, or remove one without; False if it is blank."""
    try:
        event = event_of(outbox)
    except BadDocumentError:
        await container(TIME_ENTRY).delete_item(outbox["id"], [outbox["tenant_id"], outbox["owner_id"]])
        return True
    if (blank := _blank_event(person, event)) == event:
        return False
    await container(TIME_ENTRY).upsert_item({**own_fields(outbox), "event": blank})
    return True


def _blank_event(person: Person, event: Document) -> Document:
    """The event with known fields only, also within its changes, and without the free text of the person's entries.

    What another writer has added to an event may be a name or an e-mail.
    """
    kept = {name: event[name] for name in (*EVENT_FIELDS, "ttl") if name in event}
    known = CHANGED.get(str(event.get("container_id")))
    changes = {name: pair for name, pair in event["changes"].items() if known is None or name in known}
    is_own = is_same(event.get("owner_id"), person)
    if is_own:
        changes = {
            name: [value and BLANK[name] for value in pair] if name in BLANK else pair for name, pair in changes.items()
        }
    if event.get("container_id") == TIMESHEET and (is_own or is_same(event.get("user_id"), person)):
        changes = {name: [None, None] if name == "comment" else pair for name, pair in changes.items()}
    if kept.get("action") == IMPORT:
        # It holds the name of a file.
        kept["description"] = IMPORTED
    return {**kept, "changes": changes}
