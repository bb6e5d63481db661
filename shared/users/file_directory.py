"""The directory in a local JSON file, for use without Microsoft Graph. It takes the same writes.

`{"users": [{"id", "tenant_id", "name", "email", "roles": [], "groups": []}]}`; it may be edited by hand. A missing
file is an empty directory.
"""

import asyncio
import fcntl
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from shared.errors import ApiError, unavailable
from shared.logs import logger
from shared.users.answers import shown
from shared.users.rules import DirectoryUser, RoleChange, Users, by_key, recognised

log = logger(__name__)

# Users by tenant and id, both in lower case, in the order of the file.
Everyone = dict[tuple[str, str], DirectoryUser]


class FileDirectory:
    """The users of every tenant in one file; without a file there are none, and none can be written."""

    adds_callers = True

    def __init__(self, path: str | None) -> None:
        self._path = Path(path) if path else None
        self._writing = asyncio.Lock()

    async def known_users(self, tenant_id: str) -> Users:
        """All users of the tenant; none when the file can't be read."""
        try:
            return await self.all_users(tenant_id)
        except ApiError:
            return {}

    async def all_users(self, tenant_id: str) -> Users:
        """All users of the tenant. Raises ApiError 503 when the file can't be read."""
        return by_key(user for user in await self._read() if user.tenant_id.lower() == tenant_id.lower())

    async def user(self, tenant_id: str, user_id: str) -> DirectoryUser | None:
        """One user."""
        return (await self.all_users(tenant_id)).get(user_id.lower())

    async def current_user(self, tenant_id: str, user_id: str) -> DirectoryUser | None:
        """The same: a file is always current."""
        return await self.user(tenant_id, user_id)

    async def current_users(self, tenant_id: str) -> Users:
        """The same: a file is always current."""
        return await self.all_users(tenant_id)

    async def change(self, user: DirectoryUser, change: RoleChange) -> DirectoryUser:
        """The user after the change; a user that the file lacks is added."""
        result = user

        def applied(everyone: Everyone) -> Everyone:
            nonlocal result
            result = change.applied_to(everyone.get(_place(user), user))
            return {**everyone, _place(result): result}

        await self._update(applied)
        return result

    async def add(self, users: Iterable[DirectoryUser]) -> None:
        """Add those that are not there yet."""
        await self._update(lambda everyone: {**{_place(user): user for user in users}, **everyone})

    async def remove(self, tenant_id: str, user_id: str) -> None:
        """Remove a user, if they are there."""
        if self._path is None:
            return
        removed = (tenant_id.lower(), user_id.lower())
        await self._update(lambda everyone: {place: user for place, user in everyone.items() if place != removed})

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _read(self) -> list[DirectoryUser]:
        return await asyncio.to_thread(_read, self._path) if self._path else []

    async def _update(self, changed: Callable[[Everyone], Everyone]) -> None:
        """Replace what is in the file by what `changed` makes of it; what it raises goes to the caller."""
        if self._path is None:
            raise unavailable("not_configured", "No directory of users is configured that could be written", 60)
        async with self._writing:
            # A request that is cancelled leaves the thread behind, which still holds the lock until it is done.
            await asyncio.to_thread(_update, self._path, changed)


def _place(user: DirectoryUser) -> tuple[str, str]:
    """What there is one user for: ids may be written in any case."""
    return user.tenant_id.lower(), user.key


def _update(path: Path, changed: Callable[[Everyone], Everyone]) -> None:
    with _locked(path):
        before = {_place(user): user for user in _read(path)}
        after = changed(before)
        if after != before:
            _write(path, list(after.values()))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep every other thread and process from writing: two hosts on one machine share the file.

    The lock lies in a file beside it, because the directory file itself is replaced by each write. The kernel gives the
    lock back when its holder dies.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            lock = opened.enter_context(path.with_name(path.name + ".lock").open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            held = opened.pop_all()
    except OSError as error:
        raise _not_written(path, error) from error
    with held:
        yield


def _read(path: Path) -> list[DirectoryUser]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return [_user(entry) for entry in content["users"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the directory file %s can't be read (%s: %s)", path, type(error).__name__, error)
        raise unavailable("directory_unavailable", "The directory of users can't be read", 5) from error


def _user(entry: dict[str, Any]) -> DirectoryUser:
    return DirectoryUser(
        # Written by hand, ids may be in any case.
        id=str(entry["id"]).lower(),
        tenant_id=str(entry["tenant_id"]).lower(),
        name=entry.get("name") or "",
        email=entry.get("email") or "",
        roles=recognised(entry.get("roles") or []),
        groups=recognised(entry.get("groups") or []),
    )


def _write(path: Path, users: list[DirectoryUser]) -> None:
    """Replace the file as a whole: readers, also after a crash, see it as it was before or as it is now."""
    content = json.dumps({"users": [shown(user) for user in users]}, ensure_ascii=False, indent=2)
    try:
        with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=path.name, delete=False) as file:
            file.write(content + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> ApiError:
    log.warning("the directory file %s can't be written (%s: %s)", path, type(error).__name__, error)
    return unavailable("directory_unavailable", "The directory of users can't be written", 5)
