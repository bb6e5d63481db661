"""The directory in a local JSON file, for where there is no Microsoft Graph: it takes the same writes.

`{"users": [{"id", "tenant_id", "name", "email", "roles": [], "groups": []}]}`; it may be written by hand. A missing
file is an empty directory.
"""

import asyncio
import json
import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from shared.errors import ApiError, unavailable
from shared.http.etags import Precondition
from shared.logs import logger
from shared.users.people import Grant, User, Users, by_key, known, shown

log = logger(__name__)


class FileDirectory:
    """The users of every tenant in one file; without a file, nobody, and nothing can be written."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path) if path else None
        self._writing = asyncio.Lock()

    async def glance(self, tenant_id: str) -> Users:
        """All users of the tenant; nobody when the file can't be read."""
        try:
            return await self.everyone(tenant_id)
        except ApiError:
            return {}

    async def everyone(self, tenant_id: str) -> Users:
        """All users of the tenant. Raises ApiError 503 when the file can't be read."""
        return by_key(user for user in await self._read() if user.tenant_id.lower() == tenant_id.lower())

    async def find(self, tenant_id: str, user_id: str) -> User | None:
        """One user."""
        return (await self.everyone(tenant_id)).get(user_id.lower())

    async def ask(self, tenant_id: str, user_id: str) -> User | None:
        """The same: a file is always up to date."""
        return await self.find(tenant_id, user_id)

    async def change(self, tenant_id: str, grant: Grant, wanted: Precondition, caller: User | None) -> User | None:
        """Give or take a role or group. `caller` is who asks, if it is for himself: he is added if he is missing."""
        async with self._writing:
            user = await self.find(tenant_id, grant.user_id) or caller
            if user is None:
                return None
            wanted.check(shown(user))
            after = grant.applied_to(user)
            if after is not user:
                await self._put([after])
            return after

    async def add(self, users: Iterable[User]) -> None:
        """Add those who are not there yet."""
        async with self._writing:
            present = {(user.tenant_id, user.key) for user in await self._read()}
            await self._put([user for user in users if (user.tenant_id, user.key) not in present])

    async def remove(self, tenant_id: str, user_id: str) -> None:
        """Forget a user, if he is there."""
        async with self._writing:
            everyone = await self._read()
            others = [u for u in everyone if (u.tenant_id.lower(), u.key) != (tenant_id.lower(), user_id.lower())]
            if self._path and len(others) < len(everyone):
                await asyncio.to_thread(_write, self._path, others)

    async def close(self) -> None:
        """Nothing is open."""

    async def _read(self) -> list[User]:
        return await asyncio.to_thread(_read, self._path) if self._path else []

    async def _put(self, users: list[User]) -> None:
        """Write these users in the places of those they were; who has no place comes last."""
        if self._path is None:
            raise unavailable("not_configured", "There is no directory of users that could be written", 60)
        if users:
            everyone = {(user.tenant_id, user.key): user for user in [*await self._read(), *users]}
            await asyncio.to_thread(_write, self._path, list(everyone.values()))


def _read(path: Path) -> list[User]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return [_user(entry) for entry in content["users"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the directory file %s can't be read (%s: %s)", path, type(error).__name__, error)
        raise unavailable("directory_unavailable", "The directory of users can't be read", 5) from error


def _user(entry: dict[str, Any]) -> User:
    return User(
        id=str(entry["id"]),
        tenant_id=str(entry["tenant_id"]),
        name=entry.get("name") or "",
        email=entry.get("email") or "",
        roles=known(entry.get("roles") or []),
        groups=known(entry.get("groups") or []),
    )


def _write(path: Path, users: list[User]) -> None:
    """Readers see the file as it was, or as it is now, and so does who comes back after a crash."""
    content = json.dumps({"users": [shown(user) for user in users]}, ensure_ascii=False, indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=path.name, delete=False) as file:
            file.write(content + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        log.warning("the directory file %s can't be written (%s: %s)", path, type(error).__name__, error)
        raise unavailable("directory_unavailable", "The directory of users can't be written", 5) from error
