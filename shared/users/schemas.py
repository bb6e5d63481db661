"""What the users calls take."""

from marshmallow import validate

from shared.http.fields import Body, Text, about
from shared.users.rules import ROLE_NAMES


class GroupBody(Body):
    """A group."""

    group_name = Text(
        required=True, validate=validate.OneOf(ROLE_NAMES), metadata=about("The name of the group.", ROLE_NAMES[0])
    )
