"""The rates of a tenant: reading them, and writing one.

A rate lies in `administration`, where `kind` tells documents apart: its own kind is kept as `rate_kind`. Its `name`
holds what may be there only once: kind, ids and first day.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import uuid4

from shared.auth.caller import Caller
from shared.catalog.references import require_references
from shared.cosmos import items, transactions
from shared.cosmos.containers import ADMINISTRATION
from shared.cosmos.items import Document, own_fields
from shared.cosmos.transactions import Attempt, Change
from shared.errors import ApiError
from shared.events.outbox import outbox_document, stamped
from shared.http.etags import Precondition
from shared.rates.answers import FIELDS, shown
from shared.rates.rules import IDS, PRECEDENCE, Rate, RateBook

RATE = "rate"
LIVE_RATES = f"SELECT * FROM c WHERE c.kind = @kind AND {items.NOT_DELETED}"


class Write(NamedTuple):
    """What was read (None for a new rate), what it becomes, and the event's action."""

    before: Document | None
    after: Document
    action: str


async def rates_of(tenant_id: str) -> list[Document]:
    """All live rates of a tenant: by kind, the most specific first, then by ids and first day."""
    rates = await items.query(ADMINISTRATION, LIVE_RATES, {"kind": RATE}, tenant_id)
    return sorted(rates, key=lambda rate: (rate["rate_kind"], PRECEDENCE.index(_given(rate)), rate["name"]))


async def rate_book(tenant_id: str) -> RateBook:
    """All live rates of a tenant, to be asked which one counts."""
    return RateBook(_rate(document) for document in await rates_of(tenant_id))


async def matching(tenant_id: str, query: Mapping[str, Any]) -> list[Document]:
    """The live rates that pass a list's filters."""
    wanted = {"rate_kind": query["kind"] and [query["kind"]], **{name: query[name] for name in IDS}}
    return [
        rate
        for rate in await rates_of(tenant_id)
        if all(values is None or rate[name] in values for name, values in wanted.items())
    ]


async def get(tenant_id: str, rate_id: str) -> Document:
    """One live rate; raises ApiError 404."""
    document = await items.read(ADMINISTRATION, rate_id, tenant_id)
    if document is None or document["kind"] != RATE or "deleted" in document:
        raise ApiError(404, "rate_not_found", "There is no such rate")
    return document


async def create(caller: Caller, now: datetime, fields: Mapping[str, Any]) -> Document:
    """A new rate. Raises ApiError 400 for ids that do not go together or do not exist, 409 for one that is there."""
    rate_id = str(uuid4())

    async def attempt() -> Change[Document]:
        after = {"id": rate_id, "tenant_id": caller.tenant_id, **_kept(fields)}
        await require_references(caller.tenant_id, fields)
        return _change(caller, now, Write(None, after, "create"))

    return await _settle(caller, attempt)


async def update(
    caller: Caller, now: datetime, rate_id: str, given: Mapping[str, Any], wanted: Precondition
) -> Document:
    """Change what is given; what changes nothing writes nothing. Raises ApiError as `create` does."""

    async def attempt() -> Change[Document]:
        before = await get(caller.tenant_id, rate_id)
        wanted.check(before)
        after = own_fields(before) | _kept({**before, "kind": before["rate_kind"], **_named(given)})
        if after == own_fields(before):
            return Change(before)
        changed = {name: after[name] for name in IDS if after[name] != before[name]}
        await require_references(caller.tenant_id, changed)
        return _change(caller, now, Write(before, after, "update"))

    return await _settle(caller, attempt)


async def delete(caller: Caller, now: datetime, rate_id: str, wanted: Precondition) -> None:
    """Soft-delete a rate: from now on, reports are as if it had never been there."""

    async def attempt() -> Change[Document]:
        before = await get(caller.tenant_id, rate_id)
        wanted.check(before)
        return _change(caller, now, Write(before, own_fields(before) | {"deleted": str(uuid4())}, "delete"))

    await _settle(caller, attempt)


def _kept(fields: Mapping[str, Any]) -> Document:
    """A rate's own fields as they are kept; raises ApiError 400 for ids that do not go together."""
    rate = {"kind": RATE, "rate_kind": fields["kind"], **{name: fields[name] for name in FIELDS}}
    if _given(rate) not in PRECEDENCE:
        ways = ", ".join(" + ".join(name.removesuffix("_id") for name in names) or "none" for names in PRECEDENCE)
        message = f"A rate can't be for these ids together; it can be for: {ways}"
        raise ApiError(
            400, "rate_combination", message, errors={name: ["Not with the other ids."] for name in _given(rate)}
        )
    rate["name"] = "|".join(str(rate[name] or "") for name in ("rate_kind", *IDS, "valid_from"))
    return rate


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("kind", *FIELDS) if name in given}


def _given(rate: Mapping[str, Any]) -> tuple[str, ...]:
    return next((names for names in PRECEDENCE if {name for name in IDS if rate[name]} == set(names)), tuple(IDS))


def _rate(document: Document) -> Rate:
    since = document["valid_from"]
    return Rate(
        document["rate_kind"],
        Decimal(document["amount"]),
        document["currency"],
        **{name: document[name] for name in IDS},
        valid_from=date.fromisoformat(since) if since else None,
    )


def _description(write: Write, now: datetime) -> str:
    """What was done, and whether it changes reports of time that has passed."""
    first_days = [rate["valid_from"] or "" for rate in (write.before, write.after) if rate]
    done = f"{write.action.capitalize()} a rate"
    if (since := min(first_days)) > now.date().isoformat():
        return done
    return f"{done}; it changes reports of {f'time since {since}' if since else 'all time'}"


async def _settle(caller: Caller, attempt: Attempt[Document]) -> Document:
    return await transactions.settle(ADMINISTRATION, caller.tenant_id, attempt)


def _change(caller: Caller, now: datetime, write: Write) -> Change[Document]:
    context = caller, RATE, write.action, _description(write, now)
    after = stamped(write.after, *context)
    operation = transactions.replace(after, write.before) if write.before else transactions.create(after)
    # An event has the fields that answers have: there, `kind` is the rate's own.
    outbox = outbox_document(write.before and shown(write.before), stamped(shown(write.after), *context), now)
    return Change(write.after, [operation], [outbox], _taken)


def _taken() -> ApiError:
    return ApiError(
        409,
        "rate_exists",
        "There is a rate of that kind for the same ids, valid from the same day",
        errors={"valid_from": ["Already in use."]},
    )
