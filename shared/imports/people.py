"""Whose a row is: found by e-mail, by id, or by first and last name, in the directory."""

from collections.abc import Collection

from shared.auth.caller import Caller
from shared.imports.rows import Row, RowError
from shared.users.directory import directory
from shared.users.rules import DirectoryUser, Users, is_caller


class People:
    """The people of a tenant, as the rows of one file name them."""

    def __init__(self, caller: Caller, users: Users, names: Collection[str]) -> None:
        """`names`: those of the file's rows that have no e-mail."""
        self._caller = caller
        self._names = names
        self._by_email: dict[str, set[str]] = {}
        self._by_name: dict[str, set[str]] = {}
        own = DirectoryUser(caller.user_id, caller.tenant_id, caller.name or "", caller.email or "")
        for user in (own, *users.values()):
            # Our own reports have the id where they know no e-mail.
            for address in (user.email.lower(), user.key):
                self._by_email.setdefault(address, set()).add(user.key)
            self._by_name.setdefault(" ".join(user.name.casefold().split()), set()).add(user.key)

    def owner(self, row: Row) -> str:
        """The id of the row's person; the caller where it names nobody.

        Raises RowError: in an ordinary user's file, for somebody else; in an administrator's, for somebody whom the
        directory does not have, or has several of.
        """
        if not row.email and not row.name:
            return self._caller.user_id
        found = self._by_email.get(row.email, set()) if row.email else self._by_name.get(row.name, set())
        named = row.email or row.name
        if not self._caller.may_import_for_others:
            # What a person exports names nobody but them, however it spells their name.
            alone = not row.email and not found and len(self._names) == 1
            if alone or any(is_caller(user_id, self._caller) for user_id in found):
                return self._caller.user_id
            raise RowError("not_yours", f"The row is of {named}; only an administrator imports what is others'")
        if not found:
            raise RowError("person_not_found", f"The directory has nobody with the name or e-mail {named}")
        if len(found) > 1:
            raise RowError("person_ambiguous", f"The directory has several people with the name or e-mail {named}")
        return next(iter(found))


async def people_for(caller: Caller, names: Collection[str]) -> People:
    """The people whom a caller's file may name. Raises ApiError 503 when an administrator's can't be looked up."""
    look_up = directory().all_users if caller.may_import_for_others else directory().known_users
    return People(caller, await look_up(caller.tenant_id), names)
