"""Users, their roles and groups: what they are, who is shown to whom, and how they are answered. Pure.

A user is an administrator or a tester by role (an attribute of the user) or by group; the words are the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from shared.auth.caller import ADMIN, TESTER, Caller
from shared.errors import ApiError

WORDS = (ADMIN, TESTER)
# What the paths of grant and revoke call the roles.
ROLES = {"admin": ADMIN, "test": TESTER}

Kind = Literal["roles", "groups"]


@dataclass(frozen=True, slots=True)
class User:
    """Someone of a tenant's directory. `roles` and `groups` hold those of `WORDS` that he has, in that order."""

    id: str
    tenant_id: str
    name: str = ""
    email: str = ""
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What users are found by: ids may be written in any case."""
        return self.id.lower()

    @property
    def is_tester(self) -> bool:
        return TESTER in self.roles or TESTER in self.groups


@dataclass(frozen=True, slots=True)
class Grant:
    """A role or group that a user gets, or loses when `given` is false."""

    user_id: str
    kind: Kind
    word: str
    given: bool

    def applied_to(self, user: User) -> User:
        """The user after it; the same user when that changes nothing."""
        present = user.roles if self.kind == "roles" else user.groups
        if (self.word in present) == self.given:
            return user
        wanted = known({*present, self.word} if self.given else {*present} - {self.word})
        return replace(user, roles=wanted) if self.kind == "roles" else replace(user, groups=wanted)


Users = Mapping[str, User]


def by_key(users: Iterable[User]) -> dict[str, User]:
    """Users by what they are found by."""
    return {user.key: user for user in users}


def known(words: Iterable[str]) -> tuple[str, ...]:
    """Those of the words that mean something here."""
    present = set(words)
    return tuple(word for word in WORDS if word in present)


def from_claims(caller: Caller) -> User:
    """The caller as his token describes him, for a directory that does not have him. It tells not roles from groups."""
    granted = {ADMIN: caller.is_admin, TESTER: caller.is_tester}
    words = tuple(word for word in WORDS if granted[word])
    return User(caller.user_id, caller.tenant_id, caller.name or "", caller.email or "", words, words)


def is_caller(user_id: str, caller: Caller) -> bool:
    """Whether the id is the caller's own."""
    return user_id.lower() == caller.user_id.lower()


def listed(users: Users, caller: Caller, email_domain: str | None) -> list[User]:
    """Whom the caller's list of users holds, by name. Testers see testers, others at most themselves among them."""
    left_out = hidden(users, caller)
    seen = [
        user
        for user in users.values()
        if (email_domain is None or user.email.lower().endswith(f"@{email_domain}")) and user.key not in left_out
    ]
    return sorted(seen, key=lambda user: (user.name.casefold(), user.key))


def hidden(users: Users, caller: Caller) -> frozenset[str]:
    """Who is left out when the caller asks for everyone: the keys of the testers, unless a tester asks."""
    if caller.is_tester:
        return frozenset()
    return frozenset(user.key for user in users.values() if user.is_tester and not is_caller(user.id, caller))


def role_named(word: str) -> str:
    """The role that a path means; raises ApiError 400 for an unknown one."""
    if role := ROLES.get(word.lower()):
        return role
    known_ones = " or ".join(f"'{name}'" for name in ROLES)
    raise ApiError(400, "role_unknown", f"There is no such role; it is {known_ones}")


def shown(user: User) -> dict[str, Any]:
    """A user as answered: all his fields, none of them null."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "roles": list(user.roles),
        "groups": list(user.groups),
        "tenant_id": user.tenant_id,
    }
