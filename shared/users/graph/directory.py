"""The directory in Microsoft Graph: users with their roles, the members of the two groups, and writes to both.

Lists come from a copy that is renewed in the background. The roles are names in an extension attribute of the user, a
comma-separated list; the groups are found by their display names.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from async_lru import alru_cache

from shared.config import GraphSettings
from shared.errors import ApiError, unavailable
from shared.ids import is_uuid
from shared.logs import logger
from shared.refreshed import Refreshed
from shared.users.graph.client import Graph, GraphClientError, Row, graph_unavailable
from shared.users.graph.own_writes import OwnWrites
from shared.users.rules import ROLE_NAMES, DirectoryUser, RoleChange, Users, by_key, recognised

PAGE_SIZE = "999"
RENEWAL_SECONDS = 120.0
# A list of users may be this many times older than the cache's age after a while without requests.
STALE_TIMES = 10
# How long a list waits for a copy that is missing or too old.
LIST_WAIT_SECONDS = 5.0

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the directory, and the one tenant that it holds."""

    tenant_id: str
    users: Users

    def of(self, tenant_id: str) -> Users:
        return self.users if tenant_id.lower() == self.tenant_id else {}

    def with_user(self, user: DirectoryUser) -> "Copy":
        return replace(self, users={**self.users, user.key: user})


class GraphDirectory:
    """The users and groups of one tenant. To callers of another tenant it is empty."""

    adds_callers = False

    def __init__(self, graph: Graph, settings: GraphSettings, *, cache_seconds: float) -> None:
        self._graph = graph
        self._settings = settings
        self._fields = f"id,displayName,mail,otherMails,{settings.role_attribute}"
        self._stale_seconds = STALE_TIMES * cache_seconds
        self._copy = Refreshed(
            "the directory", self._read_everyone, max_age_seconds=cache_seconds, renewal_seconds=RENEWAL_SECONDS
        )
        self._own_writes = OwnWrites()
        self._tenant_id = alru_cache(maxsize=1)(self._read_tenant_id)
        self._group_ids = alru_cache(maxsize=1)(self._read_group_ids)

    async def known_users(self, tenant_id: str) -> Users:
        """The users of the copy; a process that has none yet waits a moment, once."""
        copy = await self._copy.get()
        return copy.of(tenant_id) if copy else {}

    async def all_users(self, tenant_id: str) -> Users:
        """All users of the tenant, as last read when Graph is unavailable. Raises ApiError 503 without any copy."""
        copy = await self._copy.within(LIST_WAIT_SECONDS, max_age_seconds=self._stale_seconds)
        if copy is None:
            raise graph_unavailable()
        return copy.of(tenant_id)

    async def user(self, tenant_id: str, user_id: str) -> DirectoryUser | None:
        """One user of the copy; one that it lacks is read from Graph."""
        return (await self.known_users(tenant_id)).get(user_id.lower()) or await self.current_user(tenant_id, user_id)

    async def current_user(self, tenant_id: str, user_id: str) -> DirectoryUser | None:
        """One user read from Graph."""
        _, user = await self._read(tenant_id, user_id)
        return user

    async def current_users(self, tenant_id: str) -> Users:
        """All users read from Graph: one call for each page."""
        try:
            return (await self._read_everyone()).of(tenant_id)
        except GraphClientError as error:
            raise _unexpected(error) from error

    async def change(self, user: DirectoryUser, change: RoleChange) -> DirectoryUser | None:
        """The user after the change; the same where Graph can't make it, None when Graph has no such user."""
        after = change.applied_to(user)
        if change.kind == "roles":
            row, found = await self._read(user.tenant_id, user.id)
            if found is None:
                return None
            await self._write_roles(after, _names_in(row, self._settings.role_attribute))
        elif not await self._write_membership(change):
            # The user is a member of a group within this one; that membership can't be removed here.
            return user
        self._own_writes.remember(change)
        self._copy.amend(lambda copy: copy.with_user(after))
        return after

    async def close(self) -> None:
        await self._copy.close()
        await self._graph.close()

    async def _read(self, tenant_id: str, user_id: str) -> tuple[Row, DirectoryUser | None]:
        """A user's row, and the user with their groups: two calls in parallel."""
        if tenant_id.lower() != await self._tenant_id():
            return {}, None
        try:
            row, groups = await asyncio.gather(
                self._graph.get(f"users/{user_id}", {"$select": self._fields}), self._groups_of(user_id)
            )
        except GraphClientError as error:
            if error.status == 404:
                return {}, None
            raise _unexpected(error) from error
        return row, self._own_writes.applied_to(self._user(row, await self._tenant_id(), groups))

    async def _groups_of(self, user_id: str) -> tuple[str, ...]:
        ids = await self._groups()
        if not ids:
            return ()
        found = await self._graph.send("POST", f"users/{user_id}/checkMemberGroups", {"groupIds": list(ids.values())})
        return recognised(name for name, group_id in ids.items() if group_id in found.get("value", []))

    async def _write_roles(self, user: DirectoryUser, present: tuple[str, ...]) -> None:
        """Names that others have put into the attribute stay."""
        names = [*(name for name in present if name not in ROLE_NAMES), *user.roles]
        try:
            await self._graph.send(
                "PATCH", f"users/{user.id}", {self._settings.role_attribute: ",".join(names) or None}
            )
        except GraphClientError as error:
            raise _unexpected(error) from error

    async def _write_membership(self, change: RoleChange) -> bool:
        """Whether the membership is now as wanted."""
        group_id = (await self._groups()).get(change.name)
        if group_id is None:
            raise unavailable("group_missing", f"The directory has no group '{change.name}'", 60)
        members = f"groups/{group_id}/members"
        try:
            if change.granted:
                user = f"{self._settings.endpoint}/directoryObjects/{change.user_id}"
                await self._graph.send("POST", f"{members}/$ref", {"@odata.id": user})
            else:
                # Without `/$ref` this would delete the user.
                await self._graph.send("DELETE", f"{members}/{change.user_id}/$ref")
        except GraphClientError as error:
            if change.granted and error.status == 400 and "already exist" in error.message:
                return True
            if not change.granted and error.status == 404:
                return False
            self._group_ids.cache_clear()
            raise _unexpected(error) from error
        return True

    async def _read_everyone(self) -> Copy:
        """The whole directory: its pages, and in parallel each group's members; never a call for each user."""
        tenant_id, rows, members = await asyncio.gather(
            self._tenant_id(),
            self._graph.everything("users", {"$select": self._fields, "$top": PAGE_SIZE}),
            self._members(),
        )
        users = (
            self._user(row, tenant_id, recognised(name for name, ids in members.items() if row["id"] in ids))
            for row in rows
        )
        return Copy(tenant_id, by_key(map(self._own_writes.applied_to, users)))

    async def _members(self) -> dict[str, set[str]]:
        """The members of each group and of the groups within it, as in tokens and in Graph's own check."""
        ids = await self._groups()
        try:
            found = await asyncio.gather(
                *(
                    self._graph.everything(f"groups/{group_id}/transitiveMembers", {"$select": "id", "$top": PAGE_SIZE})
                    for group_id in ids.values()
                )
            )
        except GraphClientError:
            self._group_ids.cache_clear()
            raise
        return {name: {row["id"] for row in rows} for name, rows in zip(ids, found, strict=True)}

    async def _groups(self) -> Mapping[str, str]:
        """The groups' ids by name; read once, unless one is missing."""
        ids = await self._group_ids()
        if len(ids) < len(ROLE_NAMES):
            self._group_ids.cache_clear()
        return ids

    async def _read_group_ids(self) -> dict[str, str]:
        names = " or ".join(f"displayName eq '{name}'" for name in ROLE_NAMES)
        rows = await self._graph.everything("groups", {"$filter": names, "$select": "id,displayName,createdDateTime"})
        # A display name is not unique: the oldest group of the name counts, so that a later one can't take its place.
        newest_first = sorted(rows, key=lambda row: (row.get("createdDateTime") or "", row["id"]), reverse=True)
        return {row["displayName"]: row["id"] for row in newest_first if row["displayName"] in ROLE_NAMES}

    async def _read_tenant_id(self) -> str:
        if self._settings.tenant and is_uuid(self._settings.tenant):
            return self._settings.tenant.lower()
        organization = await self._graph.get("organization", {"$select": "id"})
        return str(organization["value"][0]["id"]).lower()

    def _user(self, row: Row, tenant_id: str, groups: tuple[str, ...]) -> DirectoryUser:
        email = row.get("mail") or next(iter(row.get("otherMails") or []), "")
        roles = recognised(_names_in(row, self._settings.role_attribute))
        return DirectoryUser(str(row["id"]).lower(), tenant_id, row.get("displayName") or "", email, roles, groups)


def _names_in(row: Row, attribute: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in str(row.get(attribute) or "").split(",") if name.strip())


def _unexpected(error: GraphClientError) -> ApiError:
    log.warning("Microsoft Graph refused with %s: %s", error.status, error.message)
    return graph_unavailable()
