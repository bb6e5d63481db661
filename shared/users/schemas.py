"""What the users calls take."""

from shared.http.fields import Body, Choice, about
from shared.users.rules import ROLE_NAMES


class GroupBody(Body):
    """A group."""

    group_name = Choice("RoleName", ROLE_NAMES, required=True, metadata=about("The name of the group.", ROLE_NAMES[0]))
