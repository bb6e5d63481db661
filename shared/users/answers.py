"""What the users calls answer."""

from typing import Any

from marshmallow import fields

from shared.http.fields import Answer, Boolean, Choice, Id, Item, Text, about
from shared.users.rules import ROLE_NAMES, DirectoryUser


class User(Item):
    """A user of the caller's tenant."""

    id = Id(metadata=about("The user's id at the identity provider.", "2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"))
    name = Text(metadata=about("The name; empty if unknown.", "Ada Example"))
    email = Text(metadata=about("The e-mail; empty if unknown.", "ada@example.com"))
    roles = fields.List(
        Choice("RoleName", ROLE_NAMES), metadata=about("The roles, held as an attribute.", [ROLE_NAMES[0]])
    )
    groups = fields.List(Choice("RoleName", ROLE_NAMES), metadata=about("The groups.", [ROLE_NAMES[0]]))
    tenant_id = Id(metadata=about("The tenant (organisation).", "5f1d6a3e-7c0b-4d29-9b57-2f4f1f0c9a11"))


class Membership(Answer):
    """Whether a user is in a group."""

    value = Boolean(metadata=about("Whether the user is a member.", True))


def shown(user: DirectoryUser) -> dict[str, Any]:
    """A user as answered: all their fields, none of them null."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "roles": list(user.roles),
        "groups": list(user.groups),
        "tenant_id": user.tenant_id,
    }
