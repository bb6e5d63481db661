"""Granting and revoking roles and groups."""

from shared.auth.caller import Caller
from shared.errors import ApiError
from shared.http.etags import Precondition
from shared.logs import logger
from shared.users.directory import directory
from shared.users.reading import not_found
from shared.users.rules import DirectoryUser, RoleChange, from_claims, is_caller

log = logger(__name__)


async def change_role(caller: Caller, change: RoleChange, precondition: Precondition) -> DirectoryUser:
    """The user after the change; idempotent.

    Raises ApiError 404 for an unknown user, 409 when the caller's own user is not in a directory that can't add them,
    412 when the precondition fails, 429 or 503 when the directory does not take the change.
    """
    own = from_claims(caller) if is_caller(change.user_id, caller) else None
    user = await directory().change(caller.tenant_id, change, precondition, own)
    if user is None and own:
        raise ApiError(409, "user_not_in_directory", "You are not in the directory that would have to keep this")
    if user is None:
        raise not_found()
    log.info("user %s %s: %s %s", user.id, change.kind, "has" if change.granted else "has not", change.name)
    return user
