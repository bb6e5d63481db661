"""The lock under which the roles of a tenant's users are changed: one document of the tenant, in Cosmos DB.

A directory offers no conditional write, and Microsoft Graph has many replicas: a read just after a write may return
older data, in this process as in others. So the lock lets one process at a time change the roles of a tenant, and it
remembers the latest changes, which its holder applies to what the directory says.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from azure.core import MatchConditions
from azure.cosmos.exceptions import CosmosAccessConditionFailedError, CosmosResourceExistsError

from shared import instants
from shared.clients import container
from shared.cosmos import items
from shared.cosmos.containers import ADMINISTRATION
from shared.cosmos.items import Document, database
from shared.errors import ApiError
from shared.instants import format_instant
from shared.logs import logger
from shared.users.rules import DirectoryUser, RoleChange

LOCK_ID = "role-lock"
LOCK_KIND = "role_lock"
# A holder that dies keeps others waiting for this long; a live one has finished by then.
HELD_FOR = timedelta(seconds=30)
# How long it takes until every replica of the directory has a change, generously.
REMEMBERED_FOR = timedelta(minutes=2)
# How long a change waits for the lock, and how often it looks.
WAIT_SECONDS = 4.0
LOOK_AGAIN_SECONDS = 0.1

log = logger(__name__)


@dataclass(slots=True)
class RoleLock:
    """The lock while it is held: `latest` are the changes of the last minutes, oldest first, with their instants."""

    document: Document
    latest: list[dict[str, Any]] = field(default_factory=list)

    def applied_to(self, user: DirectoryUser) -> DirectoryUser:
        """The user as the directory said, with the latest changes."""
        for one in self.latest:
            change = RoleChange(**{name: value for name, value in one.items() if name != "at"})
            if change.user_id.lower() == user.key:
                user = change.applied_to(user)
        return user

    def remember(self, change: RoleChange) -> None:
        """Keep a change that the directory has taken."""
        self.latest.append({**asdict(change), "at": format_instant(instants.now())})


@asynccontextmanager
async def role_lock(tenant_id: str) -> AsyncIterator[RoleLock]:
    """Hold the tenant's lock. Raises ApiError 409 while others hold it, 429 or 503 when the database is unavailable."""
    lock = await _taken(tenant_id)
    try:
        yield lock
    finally:
        await _release(tenant_id, lock)


async def _taken(tenant_id: str) -> RoleLock:
    holder, give_up_at = str(uuid4()), time.monotonic() + WAIT_SECONDS
    # Not by a timeout, which could end a try that has just taken the lock.
    while time.monotonic() < give_up_at:
        if lock := await _take(tenant_id, holder):
            return lock
        await asyncio.sleep(random.uniform(0, 2 * LOOK_AGAIN_SECONDS))  # noqa: S311 - it guards nothing
    raise ApiError(409, "write_conflict", "Other roles are being changed; try again")


async def _take(tenant_id: str, holder: str) -> RoleLock | None:
    """None when somebody else holds the lock."""
    now = instants.now()
    found = await items.read(ADMINISTRATION, LOCK_ID, tenant_id)
    if found and found["until"] > format_instant(now) and found["holder"] != holder:
        return None
    latest = _fresh(found["latest"] if found else [], now)
    document = {
        "id": LOCK_ID,
        "tenant_id": tenant_id,
        "kind": LOCK_KIND,
        "holder": holder,
        "until": format_instant(now + HELD_FOR),
        "latest": latest,
    }
    written = await _write(document, found)
    return RoleLock(written, latest) if written else None


def _fresh(latest: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    since = format_instant(now - REMEMBERED_FOR)
    return [change for change in latest if change["at"] >= since]


async def _release(tenant_id: str, lock: RoleLock) -> None:
    free = {**items.own_fields(lock.document), "until": format_instant(instants.EARLIEST), "latest": lock.latest}
    try:
        if not await _write(free, lock.document):
            log.warning("the role lock of tenant %s was held for too long", tenant_id)
    except ApiError as error:
        # It expires by itself, and what was done under it is done.
        log.warning("the role lock of tenant %s can't be released (%s)", tenant_id, error.code)


async def _write(document: Document, read: Document | None) -> Document | None:
    """The document as written in place of what was read; None when another writer was faster."""
    with database():
        try:
            if read is None:
                return dict(await container(ADMINISTRATION).create_item(document))
            return dict(
                await container(ADMINISTRATION).replace_item(
                    document["id"], document, etag=read["_etag"], match_condition=MatchConditions.IfNotModified
                )
            )
        except (CosmosAccessConditionFailedError, CosmosResourceExistsError):
            return None
