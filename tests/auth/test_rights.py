"""Who may do what is decided once: by the Caller."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.auth.caller import Caller
from shared.errors import ApiError
from tests.application import ROOT

USER = Caller("user", "tenant")
ADMIN = Caller("admin", "tenant", is_admin=True)
# The user that a token describes, where the directory has none.
DESCRIBED_BY_A_TOKEN = {"shared/users/rules.py"}


def files_that_ask(caller: str, attribute: str) -> Iterator[str]:
    """The files with an expression such as `caller.is_admin` or `request.caller.is_admin`."""
    for folder in ("functions", "shared"):
        for path in Path(ROOT, folder).rglob("*.py"):
            asked = (node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Attribute))
            if any(node.attr == attribute and ast.unparse(node.value).endswith(caller) for node in asked):
                yield str(path.relative_to(ROOT))


def test_no_other_module_asks_whether_the_caller_is_an_administrator() -> None:
    assert set(files_that_ask("caller", "is_admin")) == DESCRIBED_BY_A_TOKEN
    assert set(files_that_ask("self", "is_admin")) == {"shared/auth/caller.py"}


def test_an_administrator_may_do_what_others_may_not() -> None:
    ADMIN.require_admin()

    with pytest.raises(ApiError, match="Only an administrator may do this") as refused:
        USER.require_admin()
    assert (refused.value.status, refused.value.code) == (403, "admin_only")


def test_only_an_administrator_reads_what_belongs_to_others() -> None:
    assert ADMIN.may_read_others
    assert not USER.may_read_others


def test_only_an_administrator_sees_amounts() -> None:
    assert ADMIN.may_see_amounts
    assert not USER.may_see_amounts


def test_only_an_administrator_imports_what_belongs_to_others() -> None:
    assert ADMIN.may_import_for_others
    assert not USER.may_import_for_others
