"""Users, their roles and groups: what they are, and which callers see which users. Pure.

A user is an administrator or a tester by role (an attribute of the user) or by group; both have the same names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from shared.auth.caller import ADMIN, TESTER, Caller
from shared.errors import ApiError

ROLE_NAMES = (ADMIN, TESTER)
# What the paths of grant and revoke call the roles.
ROLES_IN_PATHS = {"admin": ADMIN, "test": TESTER}

Kind = Literal["roles", "groups"]


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    """A user of a tenant's directory. `roles` and `groups` hold those of `ROLE_NAMES` that they have, in that order."""

    id: str
    tenant_id: str
    name: str = ""
    email: str = ""
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The id in lower case, by which users are looked up: ids may be written in any case."""
        return self.id.lower()

    @property
    def is_admin(self) -> bool:
        return ADMIN in self.roles or ADMIN in self.groups

    @property
    def is_tester(self) -> bool:
        return TESTER in self.roles or TESTER in self.groups


# Users by their keys.
Users = Mapping[str, DirectoryUser]


@dataclass(frozen=True, slots=True)
class RoleChange:
    """A role or group that a user gets, or loses when `granted` is false."""

    user_id: str
    kind: Kind
    name: str
    granted: bool

    def applied_to(self, user: DirectoryUser) -> DirectoryUser:
        """The user after the change; the same object when it changes nothing."""
        present = user.roles if self.kind == "roles" else user.groups
        if (self.name in present) == self.granted:
            return user
        wanted = recognised({*present, self.name} if self.granted else {*present} - {self.name})
        return replace(user, roles=wanted) if self.kind == "roles" else replace(user, groups=wanted)


def by_key(users: Iterable[DirectoryUser]) -> dict[str, DirectoryUser]:
    """The users by their keys."""
    return {user.key: user for user in users}


def recognised(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that are roles of this backend, in the order of `ROLE_NAMES`."""
    present = set(names)
    return tuple(name for name in ROLE_NAMES if name in present)


def from_claims(caller: Caller) -> DirectoryUser:
    """The caller as their token describes them. A token does not tell roles from groups, so both hold the same."""
    granted = {ADMIN: caller.is_admin, TESTER: caller.is_tester}
    names = tuple(name for name in ROLE_NAMES if granted[name])
    return DirectoryUser(caller.user_id, caller.tenant_id, caller.name or "", caller.email or "", names, names)


def is_caller(user_id: str, caller: Caller) -> bool:
    """Whether the id is the caller's own."""
    return user_id.lower() == caller.user_id.lower()


def listed(users: Users, caller: Caller, email_domain: str | None) -> list[DirectoryUser]:
    """The users in the caller's list, by name: those of the e-mail domain, without those of `hidden`."""
    left_out = hidden(users, caller)
    seen = [
        user
        for user in users.values()
        if (email_domain is None or user.email.lower().endswith(f"@{email_domain}")) and user.key not in left_out
    ]
    return sorted(seen, key=lambda user: (user.name.casefold(), user.key))


def hidden(users: Users, caller: Caller) -> frozenset[str]:
    """The keys of the users that "everyone" leaves out: other testers, unless a tester asks."""
    if caller.is_tester:
        return frozenset()
    return frozenset(user.key for user in users.values() if user.is_tester and not is_caller(user.id, caller))


def role_in_path(word: str) -> str:
    """The role that a path names; raises ApiError 400 for an unknown one."""
    if role := ROLES_IN_PATHS.get(word.lower()):
        return role
    known = " or ".join(f"'{name}'" for name in ROLES_IN_PATHS)
    raise ApiError(400, "role_unknown", f"There is no such role; it is {known}")
