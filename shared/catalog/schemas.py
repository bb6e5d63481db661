"""What the catalog calls take: the bodies of customers, projects and activities, and the filters of their lists."""

from typing import ClassVar

from marshmallow import validate

from shared.fields import Body, CommaList, Id, Name, Query, Technologies, Text, status


class _Described(Body):
    """What every resource of the catalog has."""

    defaults: ClassVar = {"status": "active", "technologies": []}

    name = Name(required=True)
    description = Text(allow_none=True, load_default=None, validate=validate.Length(max=250))
    status = status(allow_none=True, load_default="active")


class CustomerBody(_Described):
    """A customer as an admin writes it."""


class ActivityBody(_Described):
    """An activity as an admin writes it."""


class ProjectBody(_Described):
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
