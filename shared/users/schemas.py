"""What the users calls take and answer."""

from marshmallow import fields, validate

from shared.http.fields import Answer, Body, Flag, Id, Item, Text, about
from shared.users.people import WORDS


def _word() -> Text:
    return Text(validate=validate.OneOf(WORDS))


class GroupBody(Body):
    """The group that is meant."""

    group_name = Text(required=True, validate=validate.OneOf(WORDS), metadata=about("The name of the group.", WORDS[0]))


class User(Item):
    """Somebody of the caller's tenant."""

    id = Id(metadata=about("The user's id at the identity provider.", "2d9f7b61-9e0f-4f0a-8f43-1b6c5e7a8d06"))
    name = Text(metadata=about("The name, or nothing.", "Ada Example"))
    email = Text(metadata=about("The e-mail, or nothing.", "ada@example.com"))
    roles = fields.List(_word(), metadata=about("The roles, by attribute.", [WORDS[0]]))
    groups = fields.List(_word(), metadata=about("The groups.", [WORDS[0]]))
    tenant_id = Id(metadata=about("The organisation.", "5f1d6a3e-7c0b-4d29-9b57-2f4f1f0c9a11"))


class Membership(Answer):
    """Whether a user is in a group."""

    value = Flag(metadata=about("Whether he is.", True))
