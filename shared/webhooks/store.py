"""The webhooks of a tenant: writing one, its secrets, and the end of one that nobody answers.

A webhook lies in `administration`. Its secrets lie encrypted in a document beside it, which each change of them writes
in the same batch.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.auth.caller import Caller
from shared.config import settings
from shared.cosmos import items, transactions
from shared.cosmos.containers import ADMINISTRATION
from shared.cosmos.items import Document, own_fields
from shared.cosmos.transactions import Change
from shared.errors import ApiError
from shared.events.outbox import outbox_document, stamped
from shared.http.etags import Precondition
from shared.instants import format_instant
from shared.secrets_key import NotOursError, Purpose, decrypted, encrypted
from shared.webhooks import lanes
from shared.webhooks.addresses import AddressRefusedError, require_reachable
from shared.webhooks.answers import FIELDS
from shared.webhooks.deliveries import add, ping_of
from shared.webhooks.reading import SECRETS, WEBHOOK, live_webhook, secrets_id, webhooks_of
from shared.webhooks.signing import new_secret

# Each event of a tenant is written once for each of its webhooks.
MOST_WEBHOOKS = 100
# Whoever lost the answer of a rotation rotates again: those before are still in use. So many sign beside the last two.
MOST_EARLIER_SECRETS = 3
# What is kept of a webhook beside what clients write.
STATE_OF_WEBHOOK = ("disabled_reason", "previous_secret_until", "created", "enabled_since")
# Who disables a webhook that nobody answers.
NOBODYS_ID = str(UUID(int=0))


async def get(tenant_id: str, webhook_id: str) -> Document:
    """One live webhook; raises ApiError 404."""
    webhook = await live_webhook(tenant_id, webhook_id)
    if webhook is None:
        raise ApiError(404, "webhook_not_found", "There is no such webhook")
    return webhook


async def create(caller: Caller, now: datetime, fields: Mapping[str, Any]) -> tuple[Document, str]:
    """A new webhook, and its secret. Raises ApiError 400 for an address that is refused, 409 for one too many."""
    await _require_address(fields["url"])
    if len(await webhooks_of(caller.tenant_id)) >= MOST_WEBHOOKS:
        raise ApiError(409, "too_many_webhooks", f"There are {MOST_WEBHOOKS} webhooks; delete one first")
    webhook_id, secret = str(uuid4()), new_secret()
    webhook = {
        "id": webhook_id,
        "tenant_id": caller.tenant_id,
        "kind": WEBHOOK,
        "name": webhook_id,
        **{name: fields[name] for name in FIELDS},
        **dict.fromkeys(STATE_OF_WEBHOOK),
        "created": format_instant(now),
        "enabled_since": format_instant(now),
    }
    kept = _secrets(webhook, encrypted(Purpose.WEBHOOK_SECRETS, secret))

    async def attempt() -> Change[Document]:
        after = stamped(webhook, caller, WEBHOOK, "create", "Create a webhook")
        operations = [transactions.create(after), transactions.create(kept)]
        return Change(webhook, operations, [outbox_document(None, after, now)])

    return await transactions.settle(ADMINISTRATION, caller.tenant_id, attempt), secret


async def update(
    caller: Caller, now: datetime, webhook_id: str, given: Mapping[str, Any], wanted: Precondition
) -> Document:
    """Change what is given; what changes nothing writes nothing. Raises ApiError as `create` does, 404 and 412."""
    if "url" in given:
        await _require_address(given["url"])

    async def attempt() -> Change[Document]:
        before = await get(caller.tenant_id, webhook_id)
        wanted.check(before)
        changed = {name: given[name] for name in FIELDS if name in given and given[name] != before[name]}
        if not changed:
            return Change(before)
        after = own_fields(before) | changed
        if "url" in changed or changed.get("enabled"):
            # What failed until now says nothing about the receiver from now on.
            after["enabled_since"] = format_instant(now)
        if changed.get("enabled"):
            after["disabled_reason"] = None
        return _change(caller, now, before, after, "update")

    webhook = await transactions.settle(ADMINISTRATION, caller.tenant_id, attempt)
    if webhook["enabled"]:
        # Deliveries that waited meanwhile go on. Also where nothing has changed: the call may be a repetition.
        await lanes.wake(webhook_id, caller.tenant_id, now)
    return webhook


async def delete(caller: Caller, now: datetime, webhook_id: str, wanted: Precondition) -> None:
    """Soft-delete a webhook and forget its secrets. Raises ApiError 404 or 412."""

    async def attempt() -> Change[Document]:
        before = await get(caller.tenant_id, webhook_id)
        wanted.check(before)
        kept = await items.read(ADMINISTRATION, secrets_id(webhook_id), caller.tenant_id)
        change = _change(caller, now, before, own_fields(before) | {"deleted": str(uuid4())}, "delete")
        forget = [transactions.delete(kept)] if kept else []
        return Change(change.result, [*change.operations, *forget], change.outbox)

    await transactions.settle(ADMINISTRATION, caller.tenant_id, attempt)


async def rotate(
    caller: Caller, now: datetime, webhook_id: str, overlap: timedelta, wanted: Precondition
) -> tuple[Document, str]:
    """A new secret, beside which the previous one signs for a while. Raises ApiError 404 or 412.

    Those before it sign until their own ends, and no longer than it.
    """
    secret = new_secret()

    async def attempt() -> Change[Document]:
        before = await get(caller.tenant_id, webhook_id)
        wanted.check(before)
        kept = await items.read(ADMINISTRATION, secrets_id(webhook_id), caller.tenant_id)
        until = format_instant(now + overlap) if overlap and kept else None
        after = own_fields(before) | {"previous_secret_until": until}
        fresh = _secrets(before, encrypted(Purpose.WEBHOOK_SECRETS, secret))
        if until and kept:
            earlier = _still_signing(before, kept, now)[:MOST_EARLIER_SECRETS]
            fresh |= {
                "previous": kept["current"],
                "earlier": [one | {"until": min(one["until"], until)} for one in earlier],
            }
        change = _change(caller, now, before, after, "rotate")
        write = transactions.replace(fresh, kept) if kept else transactions.create(fresh)
        return Change(change.result, [*change.operations, write], change.outbox)

    return await transactions.settle(ADMINISTRATION, caller.tenant_id, attempt), secret


async def ping(now: datetime, webhook: Document) -> None:
    """Have a `ping` sent. Raises ApiError 409 if the webhook is disabled, 429 or 503."""
    require_enabled(webhook)
    await add([ping_of(webhook, str(uuid4()), now)])
    # Also where its receiver is left alone: whoever has mended it wants to see that it works.
    await lanes.wake(webhook["id"], webhook["tenant_id"], now)


def require_enabled(webhook: Document) -> None:
    """Raises ApiError 409 if the webhook is disabled."""
    if not webhook["enabled"]:
        raise ApiError(409, "webhook_disabled", "The webhook is disabled; enable it first")


async def disable(found: Document, reason: str, now: datetime) -> bool:
    """Disable a webhook that nobody answers, with an event; False if somebody has changed it meanwhile."""
    nobody = Caller(NOBODYS_ID, found["tenant_id"])

    async def attempt() -> Change[bool]:
        before = await live_webhook(found["tenant_id"], found["id"])
        if before is None or not before["enabled"] or before["enabled_since"] != found["enabled_since"]:
            return Change(False)
        after = own_fields(before) | {"enabled": False, "disabled_reason": reason}
        change = _change(nobody, now, before, after, "disable")
        return Change(True, change.operations, change.outbox)

    return await transactions.settle(ADMINISTRATION, found["tenant_id"], attempt)


async def secrets_of(webhook: Document, now: datetime) -> list[str]:
    """The secrets that sign now, the current one first; none if they can't be read. Raises ApiError 429 or 503."""
    kept = await items.read(ADMINISTRATION, secrets_id(webhook["id"]), webhook["tenant_id"])
    if kept is None:
        return []
    tokens = [kept["current"], *(one["secret"] for one in _still_signing(webhook, kept, now))]
    try:
        return [decrypted(Purpose.WEBHOOK_SECRETS, token) for token in tokens]
    except NotOursError:
        return []


def _still_signing(webhook: Document, kept: Document, now: datetime) -> list[Document]:
    """The secrets before the current one that sign now, encrypted, the last one first: `{"secret", "until"}`."""
    previous = {"secret": kept["previous"], "until": webhook["previous_secret_until"]}
    found = [previous, *kept.get("earlier", [])] if kept["previous"] and previous["until"] else []
    return [one for one in found if one["until"] > format_instant(now)]


async def _require_address(url: str) -> None:
    try:
        await require_reachable(url, to_loopback=settings().webhooks_to_loopback)
    except AddressRefusedError as error:
        message = f"A webhook can't have this address: {error}"
        raise ApiError(400, "webhook_address", message, errors={"url": [f"{message}."]}) from error


def _secrets(webhook: Document, current: str) -> Document:
    secrets = secrets_id(webhook["id"])
    return {
        "id": secrets,
        "tenant_id": webhook["tenant_id"],
        "kind": SECRETS,
        "name": webhook["id"],
        "current": current,
        "previous": None,
        "earlier": [],
    }


def _change(caller: Caller, now: datetime, before: Document, own: Document, action: str) -> Change[Any]:
    described = "Rotate the secret of a webhook" if action == "rotate" else f"{action.capitalize()} a webhook"
    after = stamped(own, caller, WEBHOOK, action, described)
    return Change(own, [transactions.replace(after, before)], [outbox_document(before, after, now)])
