"""`/api/users`: the people of the caller's tenant, and who of them is an administrator or a tester."""

from collections.abc import Awaitable, Callable

from shared.config import settings
from shared.errors import ApiError
from shared.http.etags import etag_of
from shared.http.routing import IF_MATCH, Reply, Request, Route
from shared.logs import logger
from shared.users import people
from shared.users.directory import directory
from shared.users.people import Grant, from_claims, is_caller, listed, role_named, shown
from shared.users.schemas import GroupBody, Membership, User

log = logger(__name__)


async def list_users(request: Request) -> Reply:
    users = await directory().everyone(request.caller.tenant_id)
    domain = settings().directory.email_domain
    return Reply([shown(user) for user in listed(users, request.caller, domain)])


async def get(request: Request) -> Reply:
    return _item(await _looked_up(request, directory().find))


async def is_member_of(request: Request) -> Reply:
    user = await _looked_up(request, directory().ask)
    return Reply({"value": request.body["group_name"] in user.groups})


async def grant_role(request: Request) -> Reply:
    return await _changed(request, Grant(request.id, "roles", role_named(request.path["role"]), given=True))


async def revoke_role(request: Request) -> Reply:
    return await _changed(request, Grant(request.id, "roles", role_named(request.path["role"]), given=False))


async def add_to_group(request: Request) -> Reply:
    return await _changed(request, Grant(request.id, "groups", request.body["group_name"], given=True))


async def remove_from_group(request: Request) -> Reply:
    return await _changed(request, Grant(request.id, "groups", request.body["group_name"], given=False))


REFUSALS = {
    400: "There is no such role or group.",
    409: "The caller himself is not in the directory that would have to keep it, or others change the same user.",
}
IDEMPOTENT = "For administrators. Done twice, it is done once."
ROUTES = (
    Route(
        "GET",
        "",
        list_users,
        "List users",
        "list-users",
        "By name. Testers are left out unless a tester asks.",
        answer=User(many=True),
    ),
    Route(
        "GET",
        "{id}",
        get,
        "Get a user",
        "get-user",
        "The caller is always found: what the directory lacks is in the token.",
        answer=User(),
    ),
    Route(
        "POST",
        "{id}/roles/{role}/grant",
        grant_role,
        "Grant a role",
        "grant-role",
        IDEMPOTENT,
        headers=(IF_MATCH,),
        answer=User(),
        refusals=REFUSALS,
        admin_only=True,
    ),
    Route(
        "POST",
        "{id}/roles/{role}/revoke",
        revoke_role,
        "Revoke a role",
        "revoke-role",
        IDEMPOTENT,
        headers=(IF_MATCH,),
        answer=User(),
        refusals=REFUSALS,
        admin_only=True,
    ),
    Route(
        "POST",
        "{id}/groups/add",
        add_to_group,
        "Add a user to a group",
        "add-user-to-group",
        IDEMPOTENT,
        body=GroupBody(),
        headers=(IF_MATCH,),
        answer=User(),
        refusals=REFUSALS,
        admin_only=True,
    ),
    Route(
        "POST",
        "{id}/groups/remove",
        remove_from_group,
        "Remove a user from a group",
        "remove-user-from-group",
        IDEMPOTENT,
        body=GroupBody(),
        headers=(IF_MATCH,),
        answer=User(),
        refusals=REFUSALS,
        admin_only=True,
    ),
    Route(
        "POST",
        "{id}/is-member-of",
        is_member_of,
        "Tell whether a user is in a group",
        "is-user-member-of",
        "Asked of the directory at this moment.",
        body=GroupBody(),
        answer=Membership(),
    ),
)


async def _looked_up(request: Request, look_up: Callable[[str, str], Awaitable[people.User | None]]) -> people.User:
    """The user of the path. The caller himself is always there: what the directory lacks is in his token."""
    is_own = is_caller(request.id, request.caller)
    try:
        user = await look_up(request.caller.tenant_id, request.id)
    except ApiError:
        if not is_own:
            raise
        user = None
    if user is None and is_own:
        return from_claims(request.caller)
    if user is None:
        raise ApiError(404, "user_not_found", "There is no such user")
    return user


async def _changed(request: Request, grant: Grant) -> Reply:
    own = from_claims(request.caller) if is_caller(request.id, request.caller) else None
    user = await directory().change(request.caller.tenant_id, grant, request.precondition, own)
    if user is None and own:
        raise ApiError(409, "user_not_in_directory", "You are not in the directory that would have to keep this")
    if user is None:
        raise ApiError(404, "user_not_found", "There is no such user")
    verb = "has" if grant.given else "has not"
    log.info("user %s %s %s among the %s", user.id, verb, grant.word, grant.kind)
    return _item(user)


def _item(user: people.User) -> Reply:
    return Reply(shown(user), headers={"ETag": etag_of(shown(user))})
