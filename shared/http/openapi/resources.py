"""What the document is made from: the resources, each with the route table that also answers its requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.http.routing import Route


@dataclass(frozen=True, slots=True)
class Resource:
    """A path below the API's, with its routes. Those of one tag are shown together, under the first one's description.

    Without a tag of its own it is shown under its path.
    """

    path: str
    description: str
    routes: Sequence[Route]
    tag: str = ""
