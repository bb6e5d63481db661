"""The rules of the tree of project types, as pure functions over the parents that they have."""

from collections.abc import Mapping

from shared.errors import ApiError


def forbid_cycle(item_id: str, parent_id: str, parents: Mapping[str, str | None]) -> None:
    """Raises ApiError 400 when a project type would lie below itself, or below one that does not exist.

    `parents` has the parent of each project type of the tenant.
    """
    if parent_id not in parents and parent_id != item_id:
        raise _refused("parent_not_found", "The parent project type does not exist")
    above: str | None = parent_id
    for _ in parents:
        if above == item_id:
            raise _refused("project_type_cycle", "A project type can't lie below itself")
        above = parents.get(above or "")


def forbid_children(item_id: str, parents: Mapping[str, str | None]) -> None:
    """Raises ApiError 409 when another project type lies below this one. `parents` is as in `forbid_cycle`."""
    if item_id in parents.values():
        message = "Other project types lie below it; move or delete those first"
        raise ApiError(409, "project_type_has_children", message)


def _refused(code: str, message: str) -> ApiError:
    return ApiError(400, code, message, errors={"parent_id": [f"{message}."]})
