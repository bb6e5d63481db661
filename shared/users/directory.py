"""The directory of users and groups: Microsoft Graph where the settings name it, else a local file.

Both answer the same questions. To a caller of a tenant that a directory does not belong to, it is empty.
"""

from functools import cache
from typing import Protocol

from shared import clients
from shared.config import DirectorySettings, settings
from shared.http.etags import Precondition
from shared.users.people import Grant, User, Users


class Directory(Protocol):
    """What is asked of a directory."""

    async def glance(self, tenant_id: str) -> Users:
        """Whom is known right now; never raises, and hardly waits."""

    async def everyone(self, tenant_id: str) -> Users:
        """All users of the tenant. Raises ApiError 503 when they can't be read."""

    async def find(self, tenant_id: str, user_id: str) -> User | None:
        """One user. Raises ApiError 429 or 503 when he can't be asked for."""

    async def ask(self, tenant_id: str, user_id: str) -> User | None:
        """The same, as he is at this moment where that can be found out."""

    async def change(self, tenant_id: str, grant: Grant, wanted: Precondition, caller: User | None) -> User | None:
        """The user after giving or taking a role or group; None when he is unknown. Idempotent.

        `caller` is the one who asks if he asks for himself, for a directory that can add him.
        """

    async def close(self) -> None:
        """End what is under way."""


def directory() -> Directory:
    """The directory of this process."""
    return _opened(settings().directory)


@cache
def _opened(where: DirectorySettings) -> Directory:
    clients.on_close(_forget)
    # Each is imported late: nobody needs both.
    if where.graph is None:
        from shared.users.directory_file import FileDirectory  # noqa: PLC0415

        return FileDirectory(where.file)
    from shared.users.graph.client import Graph  # noqa: PLC0415
    from shared.users.graph.directory import GraphDirectory  # noqa: PLC0415

    return GraphDirectory(Graph(where.graph), where.graph, cache_seconds=where.cache_seconds)


async def _forget() -> None:
    await directory().close()
    _opened.cache_clear()
