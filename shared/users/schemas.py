"""The bodies that the users calls take."""

from marshmallow import validate

from shared.fields import Body, Text
from shared.users.people import WORDS


class GroupBody(Body):
    """The group that is meant."""

    group_name = Text(required=True, validate=validate.OneOf(WORDS))
