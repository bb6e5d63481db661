"""Reading users for a caller: from the directory, or, for the caller's own user, from their token."""

from collections.abc import Awaitable, Callable

from shared.auth.caller import Caller
from shared.config import settings
from shared.errors import ApiError
from shared.users.directory import directory
from shared.users.rules import DirectoryUser, from_claims, is_caller, listed


async def users_for(caller: Caller) -> list[DirectoryUser]:
    """The users in the caller's list. Raises ApiError 503 when the directory can't be read."""
    users = await directory().all_users(caller.tenant_id)
    return listed(users, caller, settings().directory.email_domain)


async def find(caller: Caller, user_id: str) -> DirectoryUser:
    """A user of the caller's tenant. Raises ApiError 404 when there is none, 429 or 503 when it can't be told."""
    return await _user(directory().user, caller, user_id)


async def is_member(caller: Caller, user_id: str, group: str) -> bool:
    """Whether a user is in a group: now, or as last read while the directory is unavailable. Raises as `find` does."""
    user = await _user(_current_or_known, caller, user_id)
    return group in user.groups


def not_found() -> ApiError:
    """404: the directory has no such user."""
    return ApiError(404, "user_not_found", "There is no such user")


async def _current_or_known(tenant_id: str, user_id: str) -> DirectoryUser | None:
    try:
        return await directory().current_user(tenant_id, user_id)
    except ApiError:
        if user := (await directory().known_users(tenant_id)).get(user_id.lower()):
            return user
        raise


async def _user(
    look_up: Callable[[str, str], Awaitable[DirectoryUser | None]], caller: Caller, user_id: str
) -> DirectoryUser:
    """The caller is always found: where the directory lacks them or does not answer, their token describes them."""
    is_own = is_caller(user_id, caller)
    try:
        user = await look_up(caller.tenant_id, user_id)
    except ApiError:
        if not is_own:
            raise
        user = None
    if user is None and is_own:
        return from_claims(caller)
    if user is None:
        raise not_found()
    return user
