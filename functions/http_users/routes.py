"""`/api/users`: the users of the caller's tenant, and which of them are administrators or testers."""

from shared.http.etags import etag_of
from shared.http.routing import IF_MATCH, Reply, Request, Route
from shared.users import reading, store
from shared.users.answers import Membership, User, shown
from shared.users.rules import DirectoryUser, Kind, RoleChange, role_in_path
from shared.users.schemas import GroupBody


async def list_users(request: Request) -> Reply:
    return Reply([shown(user) for user in await reading.users_for(request.caller)])


async def get(request: Request) -> Reply:
    return _item(await reading.find(request.caller, request.id))


async def is_member_of(request: Request) -> Reply:
    return Reply({"value": await reading.is_member(request.caller, request.id, request.body["group_name"])})


async def grant_role(request: Request) -> Reply:
    return await _changed(request, "roles", role_in_path(request.path["role"]), granted=True)


async def revoke_role(request: Request) -> Reply:
    return await _changed(request, "roles", role_in_path(request.path["role"]), granted=False)


async def add_to_group(request: Request) -> Reply:
    return await _changed(request, "groups", request.body["group_name"], granted=True)


async def remove_from_group(request: Request) -> Reply:
    return await _changed(request, "groups", request.body["group_name"], granted=False)


REFUSALS = {
    400: "There is no such role or group.",
    409: "The caller's own user is not in the directory, or others are changing the same user.",
}
IDEMPOTENT = "For administrators. Idempotent."
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
        "The caller's own user is always found: where the directory lacks it, the token describes it.",
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
        "Read from the directory at this moment.",
        body=GroupBody(),
        answer=Membership(),
    ),
)


async def _changed(request: Request, kind: Kind, name: str, *, granted: bool) -> Reply:
    change = RoleChange(request.id, kind, name, granted)
    return _item(await store.change_role(request.caller, change, request.precondition))


def _item(user: DirectoryUser) -> Reply:
    return Reply(shown(user), headers={"ETag": etag_of(shown(user))})
