"""What the catalog calls take: the bodies of its resources, and the filters of their lists."""

from shared.http.fields import Body, Boolean, CommaList, Id, KeptInstant, Name, Query, Technologies, Text, about, status

CUSTOMER_ID = "0b9a5d3e-1f43-4c53-9d0e-6a1f1f1f7a01"
PROJECT_TYPE_ID = "6f0d1a52-8f8e-4a43-8f5b-3c1c9e4d2b02"


class _Described(Body):
    """What most resources of the catalog have."""

    name = Name(required=True, metadata=about("The name, unique within the tenant.", "Backend"))
    description = Text(
        allow_none=True,
        load_default=None,
        longest=250,
        metadata=about("A short description.", "The server side"),
    )


class _WithStatus(_Described):
    """What can be made inactive."""

    status = status(allow_none=True, load_default="active")


class CustomerBody(_WithStatus):
    """A customer, as an administrator writes it."""


class ActivityBody(_WithStatus):
    """An activity, as an administrator writes it."""


class ProjectTypeBody(_Described):
    """A project type, as an administrator writes it."""

    customer_id = Id(allow_none=True, load_default=None, metadata=about("The customer that it is for.", CUSTOMER_ID))
    parent_id = Id(
        allow_none=True,
        load_default=None,
        metadata=about("The project type that it is below in the tree.", PROJECT_TYPE_ID),
    )


class TechnologyBody(Body):
    """A technology, as an administrator writes it."""

    name = Name(required=True, metadata=about("The name, unique within the tenant.", "Python"))
    first_use_time_entry_id = Id(
        allow_none=True,
        load_default=None,
        metadata=about("The time entry that first used it.", "b7c8d5a4-3a8e-4a59-8b0f-0d9f6f3c4e03"),
    )
    creation_date = KeptInstant(
        allow_none=True, load_default=None, metadata=about("When it was first used.", "2026-01-05T14:00:00.0000000Z")
    )


class ProjectBody(_WithStatus):
    """A project, as an administrator writes it."""

    customer_id = Id(allow_none=True, load_default=None, metadata=about("The customer that it is for.", CUSTOMER_ID))
    project_type_id = Id(
        allow_none=True, load_default=None, metadata=about("The type of the project.", PROJECT_TYPE_ID)
    )
    technologies = Technologies(
        allow_none=True, load_default=list, metadata=about("The technologies used.", ["Python", "Cosmos DB"])
    )
    billable = Boolean(
        allow_none=True,
        load_default=True,
        metadata=about("Whether new time entries of the project are billable, unless they say otherwise.", True),
    )


class StatusQuery(Query):
    """The filter of customers and activities."""

    status = status("Only active or only inactive ones; by default, both.", load_default=None)


class ProjectQuery(StatusQuery):
    """The filters of projects."""

    customer_id = CommaList(
        load_default=None,
        metadata=about(
            "Only projects of these customers, also inactive ones: ids, separated by commas.", [CUSTOMER_ID]
        ),
    )
    project_type_id = CommaList(
        load_default=None, metadata=about("Only projects of these types: ids, separated by commas.", [PROJECT_TYPE_ID])
    )


class ProjectTypeQuery(Query):
    """The filters of project types."""

    customer_id = CommaList(
        load_default=None,
        metadata=about("Only project types of these customers: ids, separated by commas.", [CUSTOMER_ID]),
    )
    parent_id = CommaList(
        load_default=None,
        metadata=about("Only project types directly below these: ids, separated by commas.", [PROJECT_TYPE_ID]),
    )
