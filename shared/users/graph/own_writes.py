"""The changes that this process has written to Graph lately.

Graph has many replicas, so a read just after a write may return older data. For a while, what was written here is
applied to what is read.
"""

import time

from shared.users.rules import DirectoryUser, Kind, RoleChange

REPLICATION_SECONDS = 20.0


class OwnWrites:
    """The latest changes, each kept for `REPLICATION_SECONDS`."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, Kind, str], tuple[float, RoleChange]] = {}

    def remember(self, change: RoleChange) -> None:
        """Keep a change that Graph has taken; the oldest come first."""
        key = (change.user_id.lower(), change.kind, change.name)
        self._latest.pop(key, None)
        self._latest[key] = (time.monotonic(), change)

    def applied_to(self, user: DirectoryUser) -> DirectoryUser:
        """The user as read, with these changes."""
        for change in self._recent():
            if change.user_id.lower() == user.key:
                user = change.applied_to(user)
        return user

    def _recent(self) -> list[RoleChange]:
        long_ago = time.monotonic() - REPLICATION_SECONDS
        while self._latest and next(iter(self._latest.values()))[0] < long_ago:
            del self._latest[next(iter(self._latest))]
        return [change for _, change in self._latest.values()]
