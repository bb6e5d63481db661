"""What this process has written to Graph lately.

Graph has many replicas: what is read just after a write may be older than it. Until they can be trusted to agree, what
was written here is laid over what is read.
"""

import time

from shared.users.people import Grant, Kind, User

REPLICATION_SECONDS = 20.0


class OwnWrites:
    """The latest grants, each for a while."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, Kind, str], tuple[float, Grant]] = {}

    def remember(self, grant: Grant) -> None:
        """Keep a grant that Graph has taken; the oldest come first."""
        key = (grant.user_id.lower(), grant.kind, grant.word)
        self._latest.pop(key, None)
        self._latest[key] = (time.monotonic(), grant)

    def over(self, user: User) -> User:
        """The user as he was read, with these grants."""
        for grant in self._recent():
            if grant.user_id.lower() == user.key:
                user = grant.applied_to(user)
        return user

    def _recent(self) -> list[Grant]:
        long_ago = time.monotonic() - REPLICATION_SECONDS
        while self._latest and next(iter(self._latest.values()))[0] < long_ago:
            del self._latest[next(iter(self._latest))]
        return [grant for _, grant in self._latest.values()]
