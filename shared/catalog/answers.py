"""What the catalog calls answer."""

from marshmallow import fields

from shared.catalog.schemas import (
    CUSTOMER_ID,
    PROJECT_TYPE_ID,
    ActivityBody,
    CustomerBody,
    ProjectBody,
    ProjectTypeBody,
    TechnologyBody,
)
from shared.http.fields import Answer, Boolean, Id, Item, Technologies, Text, about, status

TENANT_ID = "5f1d6a3e-7c0b-4d29-9b57-2f4f1f0c9a11"


class _CatalogItem(Item):
    """What every item of the catalog has."""

    id = Id(metadata=about("The id, set by the server.", "c1f6a8f2-52f0-4c35-8b9f-7d0b5a9c1e04"))
    tenant_id = Id(metadata=about("The tenant (organisation) that it belongs to.", TENANT_ID))
    deleted = Id(allow_none=True, metadata=about("Null, or a UUID if it is deleted.", None))


class _WithStatus(_CatalogItem):
    """What is made inactive instead of deleted."""

    status = status(required=True)


class Customer(_WithStatus, CustomerBody):
    """A customer that work is done for."""


class Activity(_WithStatus, ActivityBody):
    """A kind of work."""


class ProjectType(_CatalogItem, ProjectTypeBody):
    """A project type: a node of a tree."""


class Technology(_CatalogItem, TechnologyBody):
    """A technology that work is done with."""


class NameAndDescription(Answer):
    """What a project shows of its customer and of its type."""

    name = Text(metadata=about("The name.", "Acme"))
    description = Text(allow_none=True, metadata=about("The description.", "Makes everything"))


class Project(_WithStatus, ProjectBody):
    """A project that work is done for, with its customer and its type."""

    id = Id(metadata=about("The id, set by the server.", "f4b4c1d8-0c55-4f0e-9f58-0d3c6c2a5b05"))
    customer_id = Id(
        allow_none=True, metadata=about("The customer that it is for; null if there is none.", CUSTOMER_ID)
    )
    project_type_id = Id(
        allow_none=True, metadata=about("The type of the project; null if it has none.", PROJECT_TYPE_ID)
    )
    technologies = Technologies(metadata=about("The technologies used.", ["Python", "Cosmos DB"]))
    billable = Boolean(metadata=about("Whether new time entries of the project are billable.", True))
    customer = fields.Nested(
        NameAndDescription, metadata=about("The customer that it is for. Its name is empty if there is none.")
    )
    customer_name = Text(metadata=about("The name of the customer; empty if there is none.", "Acme"))
    project_type = fields.Nested(
        NameAndDescription, allow_none=True, metadata=about("The type of the project; null if it has none.")
    )
