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
# The Caller itself, and the user that a token describes where the directory has none.
ALLOWED = {"shared/auth/caller.py", "shared/users/rules.py"}


def files_that_read(attribute: str) -> Iterator[str]:
    for folder in ("functions", "shared"):
        for path in Path(ROOT, folder).rglob("*.py"):
            nodes = ast.walk(ast.parse(path.read_bytes()))
            if any(isinstance(node, ast.Attribute) and node.attr == attribute for node in nodes):
                yield str(path.relative_to(ROOT))


def test_no_other_module_asks_whether_somebody_is_an_administrator() -> None:
    assert set(files_that_read("is_admin")) == ALLOWED


def test_an_administrator_may_do_what_others_may_not() -> None:
    ADMIN.require_admin()

    with pytest.raises(ApiError, match="Only an administrator may do this") as refused:
        USER.require_admin()
    assert (refused.value.status, refused.value.code) == (403, "admin_only")


def test_only_an_administrator_reads_what_belongs_to_others() -> None:
    assert ADMIN.may_read_others
    assert not USER.may_read_others
