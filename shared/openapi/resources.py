"""What the document is made from: the resources, each with the route table that also answers its requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.http import Route


@dataclass(frozen=True, slots=True)
class Resource:
    """A path below the API's, with its routes; `description` says what it is, in a sentence."""

    path: str
    description: str
    routes: Sequence[Route]
