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
from shared.http.fields import Answer, Id, Item, Technologies, Text, about, status

TENANT_ID = "5f1d6a3e-7c0b-4d29-9b57-2f4f1f0c9a11"


class _CatalogItem(Item):
    """What every item of the catalog has."""

    id = Id(metadata=about("Made by the server.", "c1f6a8f2-52f0-4c35-8b9f-7d0b5a9c1e04"))
    tenant_id = Id(metadata=about("The organisation it belongs to.", TENANT_ID))
    deleted = Id(allow_none=True, metadata=about("A UUID once it is soft-deleted, else null.", None))


class _WithStatus(_CatalogItem):
    """What is made inactive rather than deleted."""

    status = status(required=True)


class Customer(_WithStatus, CustomerBody):
    """Somebody for whom work is done."""


class Activity(_WithStatus, ActivityBody):
    """A kind of work."""


class ProjectType(_CatalogItem, ProjectTypeBody):
    """A kind of project: a node of a tree."""


class Technology(_CatalogItem, TechnologyBody):
    """Something that work is done with."""


class NameAndDescription(Answer):
    """What is shown of a customer or a project type along with a project."""

    name = Text(metadata=about("What people call it.", "Acme"))
    description = Text(allow_none=True, metadata=about("A sentence about it.", "Makes everything"))


class Project(_WithStatus, ProjectBody):
    """Something that work is done for, with its customer and its type."""

    id = Id(metadata=about("Made by the server.", "f4b4c1d8-0c55-4f0e-9f58-0d3c6c2a5b05"))
    customer_id = Id(allow_none=True, metadata=about("The customer it is for.", CUSTOMER_ID))
    project_type_id = Id(allow_none=True, metadata=about("What kind it is.", PROJECT_TYPE_ID))
    technologies = Technologies(metadata=about("What it is done with.", ["Python", "Cosmos DB"]))
    customer = fields.Nested(
        NameAndDescription, metadata=about("The customer it is for; without one, its name is empty.")
    )
    customer_name = Text(metadata=about("The customer's name, or nothing.", "Acme"))
    project_type = fields.Nested(NameAndDescription, allow_none=True, metadata=about("What kind it is, or null."))
