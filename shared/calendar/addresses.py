"""Calendar addresses: each caller's one, whose secret alone opens it.

The secret names the tenant and the user, and is signed: what nobody has made costs no look into the database, and what
was made is found by a point read. The document keeps a digest of the secret, by which the last one alone counts.
"""

import hmac
import secrets
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.auth.caller import Caller
from shared.cosmos import items, transactions
from shared.cosmos.containers import ADMINISTRATION
from shared.cosmos.items import Document, own_fields
from shared.cosmos.transactions import Change
from shared.errors import ApiError
from shared.events.outbox import outbox_document, stamped
from shared.secrets_key import NotOursError, Purpose, payload_of, require_key, signed
from shared.users.directory import directory

CALENDAR = "calendar"
UUID_BYTES = 16
RANDOM_BYTES = 16
DEAD = ApiError(404, "calendar_not_found", "There is no calendar at this address")


class Owner(NamedTuple):
    """Whose calendar it is."""

    tenant_id: str
    user_id: str


async def make(caller: Caller, now: datetime) -> str:
    """A new secret for the caller's calendar; the one before is dead. Raises ApiError 503 while there is no key."""
    payload = UUID(caller.tenant_id).bytes + UUID(caller.user_id).bytes + secrets.token_bytes(RANDOM_BYTES)
    secret = signed(Purpose.CALENDAR_ADDRESSES, payload)
    known = await _is_known(caller)
    await _write(caller, now, "create", {"digest": _digest(secret), "was_in_the_directory": known})
    return secret


async def end(caller: Caller, now: datetime) -> None:
    """End the caller's address, if there is one."""
    require_key()
    await _write(caller, now, "delete", {"digest": None})


async def owner_of(secret: str) -> Owner:
    """Whose calendar a secret opens. Raises ApiError 404 where it is dead, or its user is no longer there."""
    require_key()
    try:
        payload = payload_of(Purpose.CALENDAR_ADDRESSES, secret)
    except NotOursError as error:
        raise DEAD from error
    owner = Owner(*(str(UUID(bytes=payload[at : at + UUID_BYTES])) for at in (0, UUID_BYTES)))
    document = await items.read(ADMINISTRATION, _id_of(owner.user_id), owner.tenant_id)
    if not document or not hmac.compare_digest(document["digest"] or "", _digest(secret)):
        raise DEAD
    # A directory that people are only added to by hand may never have known them.
    must_be_there = document["was_in_the_directory"] or not directory().adds_callers
    if must_be_there and await directory().user(*owner) is None:
        raise DEAD
    return owner


async def _is_known(caller: Caller) -> bool:
    try:
        return await directory().user(caller.tenant_id, caller.user_id) is not None
    except ApiError:
        return True


async def _write(caller: Caller, now: datetime, action: str, fields: Document) -> None:
    """Change the caller's document, or make it; what changes nothing writes nothing."""

    async def attempt() -> Change[None]:
        before = await items.read(ADMINISTRATION, _id_of(caller.user_id), caller.tenant_id)
        if fields["digest"] == (before or {}).get("digest"):
            return Change(None)
        after = own_fields(before or _new(caller)) | fields
        written = stamped(after, caller, CALENDAR, action, f"{action.capitalize()} a calendar address")
        operation = transactions.replace(written, before) if before else transactions.create(written)
        # The event tells that there is an address, or none; of its secret, nothing.
        told = {"id": after["id"], "tenant_id": caller.tenant_id, "_last_event_ctx": written["_last_event_ctx"]}
        return Change(None, [operation], [outbox_document(None if action == "create" else told, told, now)])

    await transactions.settle(ADMINISTRATION, caller.tenant_id, attempt)


def _new(caller: Caller) -> Document:
    """The container wants kind, name and `deleted` to be unique."""
    return {
        "id": _id_of(caller.user_id),
        "tenant_id": caller.tenant_id,
        "kind": CALENDAR,
        "name": caller.user_id,
        "user_id": caller.user_id,
    }


def _id_of(user_id: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{CALENDAR}:{user_id}"))


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
