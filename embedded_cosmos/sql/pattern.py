"""LIKE: % any characters, _ one, [a-f] one of a set, [^a-f] one outside of it; an escape character before them."""

from collections.abc import Callable, Iterator
from functools import lru_cache

from embedded_cosmos.sql.errors import Unsupported

Test = Callable[[str], bool]


@lru_cache(maxsize=256)
def steps(pattern: str, escape: str | None) -> tuple[Test | None, ...]:
    """What each character has to satisfy; None stands for %."""
    found: list[Test | None] = []
    source = iter(pattern)
    for character in source:
        if character == escape:
            found.append(escaped(next(source, "")).__eq__)
        elif character == "%":
            found.append(None)
        elif character == "_":
            found.append(bool)
        elif character == "[":
            found.append(one_of(source, escape))
        else:
            found.append(character.__eq__)
    return tuple(found)


def escaped(character: str) -> str:
    if not character:
        raise Unsupported("LIKE with a pattern that ends in its escape character")
    return character


def one_of(source: Iterator[str], escape: str | None) -> Test:
    members: list[str] = []
    for character in source:
        if character == "]":
            break
        if character == escape:
            raise Unsupported("LIKE with an escape character inside of [ ]")
        members.append(character)
    else:
        raise Unsupported("LIKE with a [ that is not closed")
    negated = members[:1] == ["^"]
    ranges = list(spans(members[negated:]))
    return lambda character: any(low <= character <= high for low, high in ranges) != negated


def spans(members: list[str]) -> Iterator[tuple[str, str]]:
    if not members:
        raise Unsupported("LIKE with an empty set")
    place = 0
    while place < len(members):
        if place + 2 < len(members) and members[place + 1] == "-":
            yield (members[place], members[place + 2])
            place += 3
        else:
            yield (members[place], members[place])
            place += 1


def matches(text: str, pattern: str, escape: str | None) -> bool:
    """One pass that goes back to the last % only, so that no pattern takes long."""
    tests = steps(pattern, escape)
    step = place = 0
    star = resume = -1
    while place < len(text):
        test = tests[step] if step < len(tests) else None
        if step < len(tests) and test is None:
            star, resume = step, place
            step += 1
        elif test is not None and test(text[place]):
            step += 1
            place += 1
        elif star >= 0:
            resume += 1
            step, place = star + 1, resume
        else:
            return False
    return all(test is None for test in tests[step:])
