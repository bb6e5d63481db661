"""What the catalog calls take: the bodies of customers, projects and activities, and the filters of their lists."""

from typing import ClassVar

from marshmallow import validate

from shared.fields import Body, CommaList, Id, KeptInstant, Name, Query, Technologies, Text, status


class _Described(Body):
    """What most resources of the catalog have."""

    name = Name(required=True)
    description = Text(allow_none=True, load_default=None, validate=validate.Length(max=250))


class _WithStatus(_Described):
    """What may be made inactive."""

    defaults: ClassVar = {"status": "active", "technologies": []}

    status = status(allow_none=True, load_default="active")


class CustomerBody(_WithStatus):
    """A customer as an admin writes it."""


class ActivityBody(_WithStatus):
    """An activity as an admin writes it."""


class ProjectTypeBody(_Described):
    """A project type as an admin writes it."""

    customer_id = Id(allow_none=True, load_default=None)
    parent_id = Id(allow_none=True, load_default=None)


class TechnologyBody(Body):
    """A technology as an admin writes it."""

    name = Name(required=True)
    first_use_time_entry_id = Id(allow_none=True, load_default=None)
    creation_date = KeptInstant(allow_none=True, load_default=None)


class ProjectBody(_WithStatus):
    """A project as an admin writes it."""

    customer_id = Id(allow_none=True, load_default=None)
    project_type_id = Id(allow_none=True, load_default=None)
    technologies = Technologies(allow_none=True, load_default=[])


class StatusQuery(Query):
    """The filter of customers and activities."""

    status = status(load_default=None)


class ProjectQuery(StatusQuery):
    """The filters of projects."""

    customer_id = CommaList(load_default=None)
    project_type_id = CommaList(load_default=None)


class ProjectTypeQuery(Query):
    """The filters of project types."""

    customer_id = CommaList(load_default=None)
    parent_id = CommaList(load_default=None)
