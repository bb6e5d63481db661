"""The list of files that newcomers read is the list of files there are."""

from tools import architecture


def test_the_page_lists_every_file_as_it_describes_itself() -> None:
    """`make architecture` writes it anew."""
    assert architecture.PAGE.read_text(encoding="utf-8") == architecture.page()


def test_every_module_says_what_it_owns_in_one_line() -> None:
    assert [path for path in architecture.files() if len(architecture.first_sentence(path)) > 150] == []
