"""Encrypts the secrets of webhooks with the current key, so that the previous one can be given up."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from azure.core import MatchConditions
from azure.cosmos.exceptions import CosmosAccessConditionFailedError, CosmosResourceNotFoundError

from operations.pace import scan
from shared.clients import container
from shared.cosmos.containers import ADMINISTRATION
from shared.cosmos.items import Document, own_fields
from shared.secrets_key import NotOursError, Purpose, reencrypted
from shared.webhooks.reading import SECRETS

ALL_SECRETS = "SELECT * FROM c WHERE c.kind = @kind"


class Found(NamedTuple):
    """A webhook's secrets, and whether they could be read: with the current key or the previous one."""

    webhook_id: str
    is_readable: bool


async def reencrypt() -> AsyncIterator[Found]:
    """Encrypt every webhook's secrets that another key encrypted. Raises ApiError 503 without a key."""
    async for kept in scan(ADMINISTRATION, ALL_SECRETS, {"kind": SECRETS}):
        before = {"earlier": [], **own_fields(kept)}
        try:
            fresh: Document = {name: _reencrypted(before[name]) for name in ("current", "previous")}
            fresh["earlier"] = [one | {"secret": _reencrypted(one["secret"])} for one in before["earlier"]]
        except NotOursError:
            yield Found(kept["name"], is_readable=False)
            continue
        if fresh != {name: before[name] for name in fresh}:
            await _write(kept, fresh)
            yield Found(kept["name"], is_readable=True)


def _reencrypted(token: str | None) -> str | None:
    return token and reencrypted(Purpose.WEBHOOK_SECRETS, token)


async def _write(kept: Document, fresh: Document) -> None:
    try:
        await container(ADMINISTRATION).replace_item(
            kept["id"], own_fields(kept) | fresh, etag=kept["_etag"], match_condition=MatchConditions.IfNotModified
        )
    except (CosmosAccessConditionFailedError, CosmosResourceNotFoundError):
        # Rotated or deleted meanwhile: what is there now was encrypted with the current key.
        return
