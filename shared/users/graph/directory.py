"""The directory in Microsoft Graph: users with their roles, the members of the two groups, and the writes to both.

Lists are answered from a copy that is renewed beside the requests. A role is a word in an extension attribute of the
user (a comma list: one attribute holds both), a group is found by its display name.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from async_lru import alru_cache

from shared.auth.caller import is_uuid
from shared.config import GraphSettings
from shared.errors import ApiError, unavailable
from shared.http.etags import Precondition
from shared.logs import logger
from shared.refreshed import Refreshed
from shared.users.graph.client import Graph, Refusal, Row, away
from shared.users.graph.own_writes import OwnWrites
from shared.users.people import WORDS, Grant, User, Users, by_key, known, shown

PAGE_SIZE = "999"
RENEWAL_SECONDS = 120.0
# A list of users may be this many times older than the cache's age when it was not asked for in a while.
STALE_TIMES = 10
# How long it waits for a directory that is not there yet, or is too old.
LIST_WAIT_SECONDS = 5.0

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class People:
    """A copy of the directory, and the one tenant that it belongs to."""

    tenant_id: str
    users: Users

    def of(self, tenant_id: str) -> Users:
        return self.users if tenant_id.lower() == self.tenant_id else {}

    def with_user(self, user: User) -> "People":
        return replace(self, users={**self.users, user.key: user})


class GraphDirectory:
    """Users and groups of the tenant that Graph is asked for. To callers of another tenant it is empty."""

    def __init__(self, graph: Graph, settings: GraphSettings, *, cache_seconds: float) -> None:
        self._graph = graph
        self._settings = settings
        self._fields = f"id,displayName,mail,otherMails,{settings.role_attribute}"
        self._stale_seconds = STALE_TIMES * cache_seconds
        self._people = Refreshed(
            "the directory", self._read_everyone, max_age_seconds=cache_seconds, renewal_seconds=RENEWAL_SECONDS
        )
        self._own_writes = OwnWrites()
        self._tenant_id = alru_cache(maxsize=1)(self._read_tenant_id)
        self._group_ids = alru_cache(maxsize=1)(self._read_group_ids)
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def glance(self, tenant_id: str) -> Users:
        """Whom is known without asking; a process that knows nobody yet waits a moment, once."""
        people = await self._people.get()
        return people.of(tenant_id) if people else {}

    async def everyone(self, tenant_id: str) -> Users:
        """All users of the tenant, the last known ones when Graph is away. Raises ApiError 503 when there are none."""
        people = await self._people.within(LIST_WAIT_SECONDS, max_age_seconds=self._stale_seconds)
        if people is None:
            raise away()
        return people.of(tenant_id)

    async def find(self, tenant_id: str, user_id: str) -> User | None:
        """One user, asked for only if he is not known."""
        return (await self.glance(tenant_id)).get(user_id.lower()) or await self._ask(tenant_id, user_id)

    async def ask(self, tenant_id: str, user_id: str) -> User | None:
        """One user as Graph has him now, or as last known when it is away."""
        try:
            return await self._ask(tenant_id, user_id)
        except ApiError:
            if user := (await self.glance(tenant_id)).get(user_id.lower()):
                return user
            raise

    async def change(self, tenant_id: str, grant: Grant, wanted: Precondition, _caller: User | None) -> User | None:
        """Give or take a role or group; what is so already is not written. None when Graph has no such user.

        Graph offers no condition on writing a user. So the writers of this process wait for one another, each reads
        before it writes, and only two processes that write one user's roles at the same instant may lose one.
        """
        async with self._queues.setdefault(grant.user_id.lower(), asyncio.Lock()):
            row, user = await self._read(tenant_id, grant.user_id)
            if user is None:
                return None
            wanted.check(shown(user))
            after = grant.applied_to(user)
            if after is user:
                return user
            if grant.kind == "roles":
                await self._write_roles(after, _words(row, self._settings.role_attribute))
            elif not await self._write_membership(grant):
                # He is no member of the group itself, but of one within it: that can't be taken here.
                return user
            self._own_writes.remember(grant)
            self._people.amend(lambda people: people.with_user(after))
            return after

    async def close(self) -> None:
        await self._people.close()
        await self._graph.close()

    async def _ask(self, tenant_id: str, user_id: str) -> User | None:
        _, user = await self._read(tenant_id, user_id)
        return user

    async def _read(self, tenant_id: str, user_id: str) -> tuple[Row, User | None]:
        """A user's row and what it says, with his groups: two calls side by side."""
        if tenant_id.lower() != await self._tenant_id():
            return {}, None
        try:
            row, groups = await asyncio.gather(
                self._graph.get(f"users/{user_id}", {"$select": self._fields}), self._groups_of(user_id)
            )
        except Refusal as refusal:
            if refusal.status == 404:
                return {}, None
            raise _unexpected(refusal) from refusal
        return row, self._own_writes.over(self._user(row, await self._tenant_id(), groups))

    async def _groups_of(self, user_id: str) -> tuple[str, ...]:
        ids = await self._groups()
        if not ids:
            return ()
        found = await self._graph.send("POST", f"users/{user_id}/checkMemberGroups", {"groupIds": list(ids.values())})
        return known(word for word, group_id in ids.items() if group_id in found.get("value", []))

    async def _write_roles(self, user: User, present: tuple[str, ...]) -> None:
        """What others have put into the attribute stays."""
        words = [*(word for word in present if word not in WORDS), *user.roles]
        try:
            await self._graph.send(
                "PATCH", f"users/{user.id}", {self._settings.role_attribute: ",".join(words) or None}
            )
        except Refusal as refusal:
            raise _unexpected(refusal) from refusal

    async def _write_membership(self, grant: Grant) -> bool:
        """Returns whether it is now as granted."""
        group_id = (await self._groups()).get(grant.word)
        if group_id is None:
            raise unavailable("group_missing", f"The directory has no group '{grant.word}'", 60)
        members = f"groups/{group_id}/members"
        try:
            if grant.given:
                user = f"{self._settings.endpoint}/directoryObjects/{grant.user_id}"
                await self._graph.send("POST", f"{members}/$ref", {"@odata.id": user})
            else:
                # Without `/$ref` this would delete the user himself.
                await self._graph.send("DELETE", f"{members}/{grant.user_id}/$ref")
        except Refusal as refusal:
            if grant.given and refusal.status == 400 and "already exist" in refusal.message:
                return True
            if not grant.given and refusal.status == 404:
                return False
            self._group_ids.cache_clear()
            raise _unexpected(refusal) from refusal
        return True

    async def _read_everyone(self) -> People:
        """The whole directory: its pages, and beside them each group's members; never a call for each user."""
        tenant_id, rows, members = await asyncio.gather(
            self._tenant_id(),
            self._graph.everything("users", {"$select": self._fields, "$top": PAGE_SIZE}),
            self._members(),
        )
        users = (
            self._user(row, tenant_id, known(word for word, ids in members.items() if row["id"] in ids)) for row in rows
        )
        return People(tenant_id, by_key(map(self._own_writes.over, users)))

    async def _members(self) -> dict[str, set[str]]:
        """Who is in each group, be it by way of a group within it, as tokens and Graph's own check have it."""
        ids = await self._groups()
        try:
            found = await asyncio.gather(
                *(
                    self._graph.everything(f"groups/{group_id}/transitiveMembers", {"$select": "id", "$top": PAGE_SIZE})
                    for group_id in ids.values()
                )
            )
        except Refusal:
            self._group_ids.cache_clear()
            raise
        return {word: {row["id"] for row in rows} for word, rows in zip(ids, found, strict=True)}

    async def _groups(self) -> Mapping[str, str]:
        """The groups' ids by name; asked once, unless one is missing."""
        ids = await self._group_ids()
        if len(ids) < len(WORDS):
            self._group_ids.cache_clear()
        return ids

    async def _read_group_ids(self) -> dict[str, str]:
        names = " or ".join(f"displayName eq '{word}'" for word in WORDS)
        rows = await self._graph.everything("groups", {"$filter": names, "$select": "id,displayName,createdDateTime"})
        # A display name is not unique: the first group of that name must not lose its place to a later one.
        newest_first = sorted(rows, key=lambda row: (row.get("createdDateTime") or "", row["id"]), reverse=True)
        return {row["displayName"]: row["id"] for row in newest_first if row["displayName"] in WORDS}

    async def _read_tenant_id(self) -> str:
        if self._settings.tenant and is_uuid(self._settings.tenant):
            return self._settings.tenant.lower()
        organization = await self._graph.get("organization", {"$select": "id"})
        return str(organization["value"][0]["id"]).lower()

    def _user(self, row: Row, tenant_id: str, groups: tuple[str, ...]) -> User:
        email = row.get("mail") or next(iter(row.get("otherMails") or []), "")
        roles = known(_words(row, self._settings.role_attribute))
        return User(row["id"], tenant_id, row.get("displayName") or "", email, roles, groups)


def _words(row: Row, attribute: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in str(row.get(attribute) or "").split(",") if word.strip())


def _unexpected(refusal: Refusal) -> ApiError:
    log.warning("Microsoft Graph refused with %s: %s", refusal.status, refusal.message)
    return away()
