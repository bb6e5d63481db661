"""`/api/users`: the users of the caller's tenant, and which of them are administrators or testers."""

from shared.http.etags import etag_of
from shared.http.routing import IF_MATCH, Reply, Request, Route, Routes
from shared.users import reading, store
from shared.users.answers import Membership, User, shown
from shared.users.rules import DirectoryUser, Kind, RoleChange, role_in_path
from shared.users.schemas import GroupBody

ROUTES = Routes("The users, and which of them are administrators or testers.")
REFUSALS = {
    400: "There is no such role or group.",
    409: "This is the last administrator, the caller is not in the directory, or others are changing roles.",
}


@Route(ROUTES, "GET", "", operation_id="list-users", answer=User(many=True))
async def list_users(request: Request) -> Reply:
    """List users.

    By name. Testers are left out unless the caller is a tester.
    """
    return Reply([shown(user) for user in await reading.users_for(request.caller)])


@Route(ROUTES, "GET", "{id}", operation_id="get-user", answer=User())
async def get(request: Request) -> Reply:
    """Get a user.

    The caller is always found: if the directory does not have them, their token describes them.
    """
    return _item(await reading.find(request.caller, request.id))


@Route(
    ROUTES,
    "POST",
    "{id}/roles/{role}/grant",
    operation_id="grant-role",
    headers=(IF_MATCH,),
    answer=User(),
    refusals=REFUSALS,
    admin_only=True,
)
async def grant_role(request: Request) -> Reply:
    """Grant a role.

    For administrators. Granting a role again changes nothing.
    """
    return await _changed(request, "roles", role_in_path(request.path["role"]), granted=True)


@Route(
    ROUTES,
    "POST",
    "{id}/roles/{role}/revoke",
    operation_id="revoke-role",
    headers=(IF_MATCH,),
    answer=User(),
    refusals=REFUSALS,
    admin_only=True,
)
async def revoke_role(request: Request) -> Reply:
    """Revoke a role.

    For administrators. Revoking a role again changes nothing.
    """
    return await _changed(request, "roles", role_in_path(request.path["role"]), granted=False)


@Route(
    ROUTES,
    "POST",
    "{id}/groups/add",
    operation_id="add-user-to-group",
    body=GroupBody(),
    headers=(IF_MATCH,),
    answer=User(),
    refusals=REFUSALS,
    admin_only=True,
)
async def add_to_group(request: Request) -> Reply:
    """Add a user to a group.

    For administrators. Adding a member again changes nothing.
    """
    return await _changed(request, "groups", request.body["group_name"], granted=True)


@Route(
    ROUTES,
    "POST",
    "{id}/groups/remove",
    operation_id="remove-user-from-group",
    body=GroupBody(),
    headers=(IF_MATCH,),
    answer=User(),
    refusals=REFUSALS,
    admin_only=True,
)
async def remove_from_group(request: Request) -> Reply:
    """Remove a user from a group.

    For administrators. Removing a user again changes nothing.
    """
    return await _changed(request, "groups", request.body["group_name"], granted=False)


@Route(ROUTES, "POST", "{id}/is-member-of", operation_id="is-user-member-of", body=GroupBody(), answer=Membership())
async def is_member_of(request: Request) -> Reply:
    """Check whether a user is in a group.

    The directory is asked at this moment; no cached answer is used.
    """
    return Reply({"value": await reading.is_member(request.caller, request.id, request.body["group_name"])})


async def _changed(request: Request, kind: Kind, name: str, *, granted: bool) -> Reply:
    change = RoleChange(request.id, kind, name, granted)
    return _item(await store.change_role(request.caller, request.now, change, request.precondition))


def _item(user: DirectoryUser) -> Reply:
    return Reply(shown(user), headers={"ETag": etag_of(shown(user))})
