"""Makes the change feed of one container start from the beginning, by deleting the hosts' leases.

A host keeps its progress in lease documents, and beside them a marker that says that they were made. Leases are made
only by a host that starts and finds no marker. So the marker is deleted first: after an interruption, a restart makes
what is missing. A restart is always needed: a running host whose leases are deleted waits for ever.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from azure.core import MatchConditions
from azure.cosmos.exceptions import CosmosAccessConditionFailedError, CosmosResourceNotFoundError

from operations.pace import scan
from shared.clients import container, cosmos
from shared.config import settings
from shared.cosmos.containers import LEASES
from shared.cosmos.items import Document

LEASES_OF_PREFIX = "SELECT * FROM c WHERE STARTSWITH(c.id, @prefix)"
# A lease of the Cosmos DB extension lasts 60 s after its last write; the rest is for clocks that differ.
_LEASE_SECONDS = 60
_CLOCK_SECONDS = 15
# What the marker has after the name of its feed.
_MARKER = ".info"
# The extension puts the account's host name into the ids.
_HOST_NAME = r"[a-z0-9.:\[\]-]+"


class FeedInUseError(Exception):
    """A host holds a lease of the feed."""


@dataclass(frozen=True, slots=True)
class LeaseDocument:
    """A document of a feed: a lease, the marker, or the lock."""

    document: Document

    @property
    def id(self) -> str:
        return str(self.document["id"])

    @property
    def is_marker(self) -> bool:
        return self.id.endswith(_MARKER)

    def holder(self, now_seconds: float) -> str | None:
        """Who holds the lease at that time (Unix seconds); None if nobody does, or no longer."""
        owner = self.document.get("Owner") or self.document.get("owner")
        if not owner:
            return None
        expires_at = self.document.get("expires_at")
        if not isinstance(expires_at, int | float):
            expires_at = self.document["_ts"] + _LEASE_SECONDS + _CLOCK_SECONDS
        return str(owner) if expires_at > now_seconds else None


async def found(container_id: str) -> list[LeaseDocument]:
    """The documents that the hosts keep about a watched container's feed, the marker first.

    The extension names them `<prefix><host name>_<database's rid>_<container's rid>`, the local host
    `<prefix><database>_<container>_<container's rid>`; the prefix is the container's id. The prefix alone would not do:
    `project` also begins the names of `project_type`.
    """
    database = cosmos().get_database_client(settings().cosmos_database)
    watched = await container(container_id).read()
    rids = [str(resource["_rid"]).replace("/", "-") for resource in (await database.read(), watched)]
    of_extension = f"{re.escape(container_id)}{_HOST_NAME}_{re.escape('_'.join(rids))}"
    of_local_host = re.escape(f"{container_id}{settings().cosmos_database}_{container_id}_{rids[1]}")
    name = re.compile(f"(?:{of_extension}|{of_local_host})(?:\\.info|\\.lock|\\.\\..+)")
    documents = [
        LeaseDocument(document)
        async for document in scan(LEASES, LEASES_OF_PREFIX, {"prefix": container_id})
        if name.fullmatch(document["id"])
    ]
    return sorted(documents, key=lambda document: (not document.is_marker, document.id))


async def replay(container_id: str, *, force: bool, dry_run: bool) -> Sequence[str]:
    """Delete a feed's leases, or only list them; returns their ids in the order of deletion.

    Raises FeedInUseError while a host holds one of them, unless forced.
    """
    documents = await found(container_id)
    holders = {holder for document in documents if (holder := document.holder(time.time()))}
    if holders and not force:
        raise FeedInUseError(f"A host is reading this feed: {', '.join(sorted(holders))}")
    if not dry_run:
        for document in documents:
            await _delete(document, force=force)
    return [document.id for document in documents]


async def _delete(lease: LeaseDocument, *, force: bool) -> None:
    """Delete it only if it is unchanged: a host may just have acquired it."""
    condition: dict[str, Any] = {"etag": lease.document["_etag"], "match_condition": MatchConditions.IfNotModified}
    try:
        await container(LEASES).delete_item(lease.id, partition_key=lease.id, **({} if force else condition))
    except CosmosAccessConditionFailedError as error:
        raise FeedInUseError("A host has just begun to read this feed") from error
    except CosmosResourceNotFoundError:
        # It is gone already.
        return
