"""What the bodies take: null and "", types and sizes, and what is none of theirs."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from shared.catalog.schemas import ActivityBody, CustomerBody, ProjectBody
from shared.http.fields import Body
from shared.time_entries.schemas import TimeEntryBody

IDS = {"project_id": str(uuid4()), "activity_id": str(uuid4())}
REQUIRED: dict[type[Body], dict[str, Any]] = {
    TimeEntryBody: IDS,
    CustomerBody: {"name": "a"},
    ProjectBody: {"name": "a"},
    ActivityBody: {"name": "a"},
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def load(schema: type[Body], **given: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = schema().load({**REQUIRED[schema], **given})
    return loaded


def complaints(schema: type[Body], data: dict[str, Any], *, partial: bool = False) -> list[str]:
    with pytest.raises(ValidationError) as raised:
        schema().load(data, partial=partial)
    return sorted(raised.value.messages_dict)


def test_what_is_not_given_has_its_default() -> None:
    assert load(TimeEntryBody) == {
        **IDS,
        "description": None,
        "start_date": None,
        "end_date": None,
        "uri": None,
        "technologies": [],
        "timezone_offset": 300,
        # The project says it.
        "billable": None,
        "update_last_entry_if_overlap": False,
    }
    assert load(CustomerBody) == {"name": "a", "description": None, "status": "active"}


@pytest.mark.parametrize("schema", REQUIRED)
@pytest.mark.parametrize("empty", [None, ""])
def test_null_and_nothing_in_an_optional_field_are_its_default(schema: type[Body], empty: str | None) -> None:
    optional = dict.fromkeys(set(schema().load_fields) - set(REQUIRED[schema]), empty)
    # A flag is no text: "" is not one of its spellings of null.
    flags = {"update_last_entry_if_overlap", "billable"}

    loaded = load(schema, **{name: value for name, value in optional.items() if name not in flags})

    assert loaded == load(schema)


@pytest.mark.parametrize("schema", REQUIRED)
def test_a_partial_body_loads_only_what_is_given(schema: type[Body]) -> None:
    assert schema().load({}, partial=True) == {}
    assert schema().load({"description": "x"}, partial=True) == {"description": "x"}


@pytest.mark.parametrize("schema", REQUIRED)
@pytest.mark.parametrize("value", [None, "", "  "])
@pytest.mark.parametrize("partial", [True, False])
def test_what_is_required_may_not_be_empty(schema: type[Body], value: str | None, partial: bool) -> None:
    required = REQUIRED[schema]

    assert complaints(schema, dict.fromkeys(required, value), partial=partial) == sorted(required)


@pytest.mark.parametrize("schema", REQUIRED)
def test_what_is_required_may_not_be_missing(schema: type[Body]) -> None:
    assert complaints(schema, {}) == sorted(REQUIRED[schema])


@pytest.mark.parametrize("schema", REQUIRED)
def test_read_only_and_unknown_fields_are_dropped_whatever_they_hold(schema: type[Body]) -> None:
    foreign = ("id", "tenant_id", "owner_id", "deleted", "running", "start_hour", "kind", "ttl", "_etag", "customer")

    assert load(schema, **dict.fromkeys(foreign, 7)) == load(schema)


@pytest.mark.parametrize(
    ("schema", "field", "value"),
    [
        (TimeEntryBody, "description", "x" * 1501),
        (TimeEntryBody, "description", 7),
        (TimeEntryBody, "description", ["x"]),
        (TimeEntryBody, "description", "\ud800"),
        (TimeEntryBody, "uri", "x" * 2001),
        (TimeEntryBody, "uri", {}),
        (TimeEntryBody, "project_id", "x"),
        (TimeEntryBody, "project_id", 7),
        (TimeEntryBody, "activity_id", [str(uuid4())]),
        (TimeEntryBody, "technologies", "python"),
        (TimeEntryBody, "technologies", {"a": 1}),
        (TimeEntryBody, "technologies", [7]),
        (TimeEntryBody, "technologies", [["a"]]),
        (TimeEntryBody, "technologies", [None]),
        (TimeEntryBody, "technologies", [str(number) for number in range(11)]),
        (TimeEntryBody, "timezone_offset", "300"),
        (TimeEntryBody, "timezone_offset", True),
        (TimeEntryBody, "timezone_offset", 300.5),
        (TimeEntryBody, "timezone_offset", 841),
        (TimeEntryBody, "timezone_offset", -841),
        (TimeEntryBody, "timezone_offset", 10**400),
        (TimeEntryBody, "start_date", "2026-01-01"),
        (TimeEntryBody, "start_date", 1767225600),
        (TimeEntryBody, "end_date", "tomorrow"),
        (TimeEntryBody, "end_date", False),
        (TimeEntryBody, "update_last_entry_if_overlap", "true"),
        (TimeEntryBody, "update_last_entry_if_overlap", 1),
        (CustomerBody, "name", "x" * 51),
        (CustomerBody, "name", 7),
        (CustomerBody, "description", "x" * 251),
        (CustomerBody, "status", "Active"),
        (CustomerBody, "status", True),
        (ProjectBody, "customer_id", "x"),
        (ProjectBody, "customer_id", 7),
        (ProjectBody, "technologies", [str(number) for number in range(11)]),
    ],
)
def test_a_known_field_of_the_wrong_type_or_size_is_refused(schema: type[Body], field: str, value: Any) -> None:
    assert complaints(schema, {**REQUIRED[schema], field: value}) == [field]
    assert complaints(schema, {field: value}, partial=True) == [field]


@pytest.mark.parametrize(
    ("schema", "field", "value"),
    [
        (TimeEntryBody, "description", "ж" * 1500),
        (TimeEntryBody, "uri", "x" * 2000),
        (TimeEntryBody, "uri", "not a link, but ticket 7 😀"),
        (TimeEntryBody, "technologies", [str(number) for number in range(10)]),
        (TimeEntryBody, "timezone_offset", 0),
        (TimeEntryBody, "timezone_offset", 840),
        (TimeEntryBody, "timezone_offset", -840),
        (CustomerBody, "name", "x" * 50),
        (CustomerBody, "description", "x" * 250),
        (CustomerBody, "status", "inactive"),
        (ProjectBody, "customer_id", "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_the_largest_and_oddest_that_is_allowed_is_kept_as_it_comes(schema: type[Body], field: str, value: Any) -> None:
    assert load(schema, **{field: value})[field] == value


@pytest.mark.parametrize(("schema", "field"), [(TimeEntryBody, "project_id"), (ProjectBody, "customer_id")])
def test_ids_are_kept_in_lower_case(schema: type[Body], field: str) -> None:
    kept = load(schema, **{field: "0F2C9E5B-7D1A-4C86-9B3E-5A4D7C8E1F60"})

    assert kept[field] == "0f2c9e5b-7d1a-4c86-9b3e-5a4d7c8e1f60"


def test_repeated_technologies_count_once() -> None:
    assert load(TimeEntryBody, technologies=["b", "a", "b"])["technologies"] == ["b", "a"]
    assert len(load(TimeEntryBody, technologies=["a"] * 11)["technologies"]) == 1


def test_a_name_is_trimmed_before_it_is_measured() -> None:
    assert load(CustomerBody, name=f"  {'x' * 50} \t\n")["name"] == "x" * 50


@pytest.mark.parametrize("schema", REQUIRED)
@given(data=st.data())
def test_any_object_loads_or_is_refused_field_by_field(schema: type[Body], data: st.DataObject) -> None:
    body = data.draw(st.dictionaries(st.sampled_from(sorted(schema().load_fields)) | st.text(max_size=5), anything))
    for partial in (True, False):
        try:
            loaded = schema().load(body, partial=partial)
        except ValidationError as error:
            assert set(error.messages_dict) <= set(schema().load_fields)  # noqa: PT017
        else:
            assert set(loaded) <= set(schema().load_fields)
