"""The directory of users and groups: Microsoft Graph where the settings name it, else a local file.

Both have the same methods. To a caller of a tenant that a directory does not hold, it is empty.
"""

from functools import cache
from typing import Protocol

from shared import clients
from shared.config import DirectorySettings, settings
from shared.users.rules import DirectoryUser, RoleChange, Users


class Directory(Protocol):
    """What a directory can do."""

    @property
    def adds_callers(self) -> bool:
        """Whether `change` adds a user that the directory lacks."""

    async def known_users(self, tenant_id: str) -> Users:
        """The users of the tenant known at this moment; never raises, and hardly waits."""

    async def all_users(self, tenant_id: str) -> Users:
        """All users of the tenant. Raises ApiError 503 when they can't be read."""

    async def user(self, tenant_id: str, user_id: str) -> DirectoryUser | None:
        """One user, as last read. Raises ApiError 429 or 503 when an unknown one can't be looked up."""

    async def current_user(self, tenant_id: str, user_id: str) -> DirectoryUser | None:
        """One user, read now. Raises ApiError 429 or 503 when they can't be read."""

    async def current_users(self, tenant_id: str) -> Users:
        """All users of the tenant, read now. Raises ApiError 429 or 503 when they can't be read."""

    async def change(self, user: DirectoryUser, change: RoleChange) -> DirectoryUser | None:
        """The user after the change; the same where the directory can't make it, None where they are gone.

        `user` is them before it. The caller holds the tenant's role lock. Raises ApiError 429 or 503.
        """

    async def close(self) -> None:
        """End what is running."""


def directory() -> Directory:
    """The directory of this process."""
    return _opened(settings().directory)


@cache
def _opened(where: DirectorySettings) -> Directory:
    clients.on_close(_forget)
    # Each is imported late: a process needs only one of them.
    if where.graph is None:
        from shared.users.file_directory import FileDirectory  # noqa: PLC0415

        return FileDirectory(where.file)
    from shared.users.graph.client import Graph  # noqa: PLC0415
    from shared.users.graph.directory import GraphDirectory  # noqa: PLC0415

    return GraphDirectory(Graph(where.graph), where.graph, cache_seconds=where.cache_seconds)


async def _forget() -> None:
    await directory().close()
    _opened.cache_clear()
