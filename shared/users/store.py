"""Granting and revoking roles and groups: one change of a tenant at a time, each with an event.

The event is written before the directory is called, with what was asked, and again after it, with what came of it,
under the same id. So it is there also if this process ends in between.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from weakref import WeakValueDictionary

from shared import clients
from shared.auth.caller import Caller
from shared.clients import container
from shared.cosmos.containers import ADMINISTRATION
from shared.cosmos.items import Document, database
from shared.cosmos.transactions import outcome_unknown
from shared.errors import ApiError, unavailable
from shared.events.outbox import outbox_document, stamped
from shared.http.etags import Precondition
from shared.logs import logger
from shared.users.answers import shown
from shared.users.directory import Directory, directory
from shared.users.reading import not_found
from shared.users.role_lock import RoleLock, role_lock
from shared.users.rules import DirectoryUser, RoleChange, from_claims, is_caller

# What events call this kind of item.
USER = "user"
# How many of the administrators in the copy of the directory are looked up before all users are read, and for how long
# that may take: less than the lock is held for.
CANDIDATES = 3
SEARCH_SECONDS = 10.0
# The 503s of a directory that say that it was asked for nothing.
NOTHING_SENT = frozenset({"group_missing", "not_configured"})

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """A change that a caller asks for at an instant."""

    caller: Caller
    now: datetime
    change: RoleChange
    precondition: Precondition

    @property
    def tenant_id(self) -> str:
        return self.caller.tenant_id


async def change_role(caller: Caller, now: datetime, change: RoleChange, precondition: Precondition) -> DirectoryUser:
    """The user after the change; idempotent.

    Raises ApiError 404 for an unknown user; 409 when the caller's own user is not in a directory that can't add them,
    for the last administrator, and while others change roles of the tenant; 412 when the precondition fails; 429 or
    503 when the directory or the database does not take the change, 503 `outcome_unknown` when it may have.
    """
    return await _of_process().make(Wish(caller, now, change, precondition))


class RoleChanges:
    """Makes changes in a directory. The changes of a tenant in this process queue here rather than at the lock."""

    def __init__(self, where: Directory) -> None:
        self._directory = where
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._running: set[asyncio.Task[DirectoryUser]] = set()

    async def close(self) -> None:
        """Wait for the changes that are being made."""
        if self._running:
            await asyncio.wait(self._running)

    async def make(self, wish: Wish) -> DirectoryUser:
        """The user after the change. Raises as `change_role` does."""
        async with self._queues.setdefault(wish.tenant_id, asyncio.Lock()):
            # A request that is given up must not leave the lock behind, or an event that does not say how it ended.
            work = asyncio.create_task(self._make_alone(wish))
            self._running.add(work)
            work.add_done_callback(self._running.discard)
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError as error:
                raise outcome_unknown() from error

    async def _make_alone(self, wish: Wish) -> DirectoryUser:
        async with role_lock(wish.tenant_id) as lock:
            before = lock.applied_to(await self._user(wish))
            wish.precondition.check(shown(before))
            after = wish.change.applied_to(before)
            if after is before:
                return before
            if before.is_admin and not after.is_admin and not await self._another_admin(lock, before):
                raise ApiError(409, "last_admin", "This is the last administrator; make another user one first")
            return await self._recorded(wish, lock, before)

    async def _user(self, wish: Wish) -> DirectoryUser:
        """The user as the directory has them now."""
        if user := await self._directory.current_user(wish.tenant_id, wish.change.user_id):
            return user
        if not is_caller(wish.change.user_id, wish.caller):
            raise not_found()
        if not self._directory.adds_callers:
            raise ApiError(409, "user_not_in_directory", "You are not in the directory that would have to keep this")
        return from_claims(wish.caller)

    async def _another_admin(self, lock: RoleLock, user: DirectoryUser) -> bool:
        """Whether somebody else is an administrator, by the directory as it is now."""
        known = (await self._directory.known_users(user.tenant_id)).values()
        for candidate in [one for one in known if one.is_admin and one.key != user.key][:CANDIDATES]:
            current = await self._directory.current_user(user.tenant_id, candidate.id)
            if current and lock.applied_to(current).is_admin:
                return True
        try:
            async with asyncio.timeout(SEARCH_SECONDS):
                everyone = await self._directory.current_users(user.tenant_id)
        except TimeoutError as error:
            raise unavailable(
                "directory_unavailable", "The directory of users is unavailable; retry later", 5
            ) from error
        return any(lock.applied_to(one).is_admin for one in everyone.values() if one.key != user.key)

    async def _recorded(self, wish: Wish, lock: RoleLock, before: DirectoryUser) -> DirectoryUser:
        """Make the change, with its event before and after it."""
        asked = _event(wish, before)
        await _put(asked)
        try:
            user = await self._directory.change(before, wish.change)
        except ApiError as error:
            known = error.status != 503 or error.code in NOTHING_SENT
            ending = "refused by the directory" if known else "it is not known whether the directory did it"
            await _put(_ended(asked, f"{ending} ({error.code})", nothing_changed=known))
            if known:
                raise
            raise outcome_unknown() from error
        if user is None:
            await _put(_ended(asked, "the directory has no such user", nothing_changed=True))
            raise not_found()
        if user == before:
            await _put(_ended(asked, "the directory changed nothing", nothing_changed=True))
            return user
        lock.remember(wish.change)
        try:
            await _put(_ended(asked, "done"))
        except ApiError as error:
            # The change is made: the caller is to know that, though the event still says that it was asked for.
            log.warning("event %s does not say that the change was made (%s)", asked["id"], error.code)
        return user


@cache
def _of_process() -> RoleChanges:
    changes = RoleChanges(directory())
    clients.on_close(_forget)
    return changes


async def _forget() -> None:
    await _of_process().close()
    _of_process.cache_clear()


def _described(change: RoleChange) -> str:
    if change.kind == "roles":
        return f"Grant the role {change.name}" if change.granted else f"Revoke the role {change.name}"
    return f"Add to the group {change.name}" if change.granted else f"Remove from the group {change.name}"


def _event(wish: Wish, before: DirectoryUser) -> Document:
    """The outbox document of the event: what is asked for, and what becomes of the user by it."""
    description = f"{_described(wish.change)}: asked of the directory"
    after = stamped(shown(wish.change.applied_to(before)), wish.caller, USER, "update", description)
    return outbox_document(shown(before), after, wish.now)


def _ended(asked: Document, ending: str, *, nothing_changed: bool = False) -> Document:
    """The same with what came of it."""
    event = asked["event"]
    what = event["description"].partition(":")[0]
    changes: Document = {} if nothing_changed else event["changes"]
    return {**asked, "event": {**event, "description": f"{what}: {ending}", "changes": changes}}


async def _put(outbox: Document) -> None:
    with database():
        await container(ADMINISTRATION).upsert_item(outbox)
