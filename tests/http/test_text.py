"""What names and other text may hold: NFC, nothing invisible in a name, no control characters."""

import sys
import time
from unicodedata import category, is_normalized

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.fields import DIRECTIONS, JOINERS, SEEN, clean_name, clean_text

# Each is one visible word; what stands in it is named.
INVISIBLE = {
    "zero-width space": "\u200b",
    "word joiner": "\u2060",
    "soft hyphen": "\xad",
    "Hangul filler": "\u3164",
    "byte order mark": "\ufeff",
    "left-to-right mark": "\u200e",
    "Arabic letter mark": "\u061c",
    "combining grapheme joiner": "\u034f",
    "Mongolian vowel separator": "\u180e",
    "tag": "\U000e0067",
}
NEEDED = {
    "Persian, with a non-joiner": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "a family, with joiners": "👩\u200d👩\u200d👧",
    "a couple, with selectors and joiners": "👩\u200d❤\ufe0f\u200d👩",
    "a heart in colour": "❤\ufe0f",
    "a Han variant": "葛\U000e0100",
    "Braille with an empty cell": "⠓⠑\u2800⠇",
    "Arabic number sign": "\u06003",
}


@pytest.mark.parametrize("character", INVISIBLE.values(), ids=INVISIBLE)
def test_a_name_loses_what_nobody_sees(character: str) -> None:
    assert clean_name(f"{character}Ac{character}me{character}") == "Acme"


@pytest.mark.parametrize("name", NEEDED.values(), ids=NEEDED)
def test_a_name_keeps_what_scripts_and_emoji_need(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("\u200cAcme", "Acme"),
        ("Acme\u200d", "Acme"),
        ("Ac\u200d me", "Ac me"),
        ("Ac \u200dme", "Ac me"),
        ("Ac\u200d\u200dme", "Ac\u200dme"),
        ("\ufe0fAcme", "Acme"),
        ("Ac \ufe0fme", "Ac me"),
        ("Acme\ufe0f\ufe0f", "Acme\ufe0f"),
        ("Ac\u200b\u200d\u200bme", "Ac\u200dme"),
        ("\u200b  Acme  \u200b", "Acme"),
        ("\u3000\xa0Acme\u2003", "Acme"),
    ],
)
def test_joiners_and_selectors_count_only_beside_what_is_visible(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@pytest.mark.parametrize(
    "blank", ["", " ", "\u3000", "\u200b", "\u2800", "\u3164", "\u200d", "\ufe0f", "\u2060\xad", "\u200b \u200b"]
)
def test_a_name_has_a_visible_character(blank: str) -> None:
    with pytest.raises(ValueError, match="Must not be blank"):
        clean_name(blank)


@pytest.mark.parametrize("character", ["\x00", "\x1f", "\x7f", "\x85", "\n", "\t", "\r", "\u2028", "\u2029"])
def test_a_name_holds_no_control_characters_and_no_line_ends(character: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        clean_name(f"Ac{character}me")


def test_white_space_around_a_name_is_trimmed_but_other_control_characters_are_not() -> None:
    assert clean_name("\t\n Acme \r\n") == "Acme"
    with pytest.raises(ValueError, match="control characters"):
        clean_name("Acme\x1c")


@pytest.mark.parametrize("character", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_a_name_holds_nothing_that_changes_its_direction(character: str) -> None:
    with pytest.raises(ValueError, match="direction"):
        clean_name(f"Ac{character}me")


def test_one_name_in_two_forms_is_one_name() -> None:
    assert clean_name("Cafe\u0301") == clean_name("Caf\xe9") == "Caf\xe9"
    # Without the joiner between them, letter and accent are one character.
    assert clean_name("Cafe\u034f\u0301") == "Caf\xe9"
    assert clean_text("Cafe\u0301") == "Caf\xe9"


def test_other_text_keeps_tabs_line_ends_and_what_is_invisible() -> None:
    kept = "\tone\r\ntwo\n\u2028three\x85\u200b\u202e\ufe0f "
    assert clean_text(kept) == kept


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x0b", "\x0c", "\x1b", "\x7f", "\x80", "\x9f"])
def test_other_text_holds_no_control_characters(character: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        clean_text(f"one{character}two")


@pytest.mark.parametrize("rules", [clean_name, clean_text])
def test_a_run_of_combining_characters_that_takes_long_to_sort_is_refused_at_once(rules: type[str]) -> None:
    assert len(rules("a" + "\u0316\u0301" * 15)) > 1
    started = time.process_time()

    with pytest.raises(ValueError, match="30 combining characters"):
        rules("a" + "\u0301\u0316" * 4000)

    assert time.process_time() - started < 0.05


def test_every_format_character_that_nobody_sees_is_taken_out() -> None:
    """Those of Unicode's category Cf that are left have a shape of their own."""
    left = {
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if category(character) == "Cf" and not DIRECTIONS.match(character) and character in clean_name(f"a{character}b")
    }
    # The joiners are between visible characters here.
    assert {character for character in left if not SEEN.match(character)} == set(JOINERS)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_name_that_is_kept_is_kept_as_it_is_when_it_comes_back(given_name: str) -> None:
    try:
        kept = clean_name(given_name)
    except ValueError:
        return
    assert clean_name(kept) == kept
    assert is_normalized("NFC", kept)
