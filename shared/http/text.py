"""What text may hold. It is brought into Unicode's NFC, and a name loses the characters that nobody sees.

Otherwise two names could look alike and be different: one with a zero-width space in it, or with an accent of its own.
The functions raise ValueError with a sentence for people.
"""

import re
from unicodedata import combining, normalize

# Unicode's property White_Space. Python's `strip` would also take four control characters.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)
# In a name, nothing ends a line; in other text, tab, LF, CR, U+0085, U+2028 and U+2029 are good.
CONTROLS_IN_NAMES = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
# Embeddings, overrides and isolates reorder the text around them.
DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
JOINERS = "\u200c\u200d"
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
# Unicode's property Default_Ignorable_Code_Point, and the anchors of annotations.
_INVISIBLE = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
SELECTOR = re.compile(f"[{_SELECTORS}]")
NEVER_SEEN = re.compile(f"(?![{JOINERS}{_SELECTORS}])[{_INVISIBLE}]")
# U+2800 is the empty cell of Braille: a space that is no white space.
SEEN = re.compile(f"[^{_INVISIBLE}{WHITE_SPACE}\u2800]")
# The longest run in Unicode's Stream-Safe Text Format. Python sorts a run in quadratic time: 6,000 take 0.2 s.
LONGEST_RUN_OF_MARKS = 30
# Text may be so many times longer than its NFC: no character decomposes into more.
LONGEST_DECOMPOSITION = 4


def plain(text: str) -> str:
    """Text of several lines. Control characters other than tabs and line ends are refused."""
    if CONTROLS.search(text):
        raise ValueError("Must not hold control characters.")
    return _normal(text)


def name(text: str) -> str:
    """A name: trimmed, without invisible characters except where a script or an emoji needs them.

    Those are joiners between visible characters, and variation selectors after one. Refused are control characters,
    bidirectional controls, and what has no visible character.
    """
    trimmed = text.strip(WHITE_SPACE)
    if CONTROLS_IN_NAMES.search(trimmed):
        raise ValueError("Must not hold control characters.")
    if DIRECTIONS.search(trimmed):
        raise ValueError("Must not hold characters that change the direction of text.")
    visible = _normal(_without_invisible(_normal(trimmed))).strip(WHITE_SPACE)
    if not SEEN.search(visible):
        raise ValueError("Must not be blank.")
    return visible


def _normal(text: str) -> str:
    if text.isascii():
        return text
    run = 0
    for character in text:
        run = run + 1 if combining(character) else 0
        if run > LONGEST_RUN_OF_MARKS:
            raise ValueError(f"Must not hold more than {LONGEST_RUN_OF_MARKS} combining characters in a row.")
    return normalize("NFC", text)


def _without_invisible(text: str) -> str:
    candidates = NEVER_SEEN.sub("", text)
    kept: list[str] = []
    # The last character that is kept and is no variation selector.
    base = ""
    for character, following in zip(candidates, candidates[1:] + " ", strict=False):
        if SELECTOR.match(character):
            if kept and SEEN.match(kept[-1]):
                kept.append(character)
        elif character not in JOINERS or (SEEN.match(base) and SEEN.match(following)):
            kept.append(character)
            base = character
    return "".join(kept)
