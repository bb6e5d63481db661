"""From claims to a Caller: which claim gives what, and what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.auth.caller import Caller, caller_from
from shared.errors import ApiError
from shared.ids import is_uuid

USER = "0c9f7a34-9f1e-4f63-8d0a-5d9f4f0b5a10"
TENANT = "5F1D6A3E-7C0B-1D29-9B57-2F4F1F0C9A11"
CLAIMS = {"iss": f"https://name.ciamlogin.com/{TENANT}/v2.0", "oid": USER}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def caller(**claims: Any) -> Caller:
    return caller_from({**CLAIMS, **claims})


def test_the_least_that_a_token_must_say() -> None:
    assert caller() == Caller(USER, TENANT.lower(), None, None, is_admin=False, is_tester=False)


@pytest.mark.parametrize(
    "issuer",
    [
        f"https://name.b2clogin.com/{TENANT}/v2.0/",
        f"https://name.ciamlogin.com/{TENANT}/v2.0",
        f"https://login.microsoftonline.com/{TENANT}/v2.0",
    ],
)
def test_the_tenant_is_the_uuid_in_the_issuers_path(issuer: str) -> None:
    assert caller(iss=issuer).tenant_id == TENANT.lower()


@pytest.mark.parametrize(
    "issuer",
    [
        None,
        "",
        7,
        [CLAIMS["iss"]],
        "https://name.ciamlogin.com/v2.0",
        "https://name.ciamlogin.com/not-a-uuid/v2.0",
        f"https://{TENANT}.ciamlogin.com/v2.0",
        f"https://name.ciamlogin.com/v2.0?tenant={TENANT}",
        f"https://name.ciamlogin.com/x{TENANT}/v2.0",
        f"https://name.ciamlogin.com/{{{TENANT}}}/v2.0",
        f"https://name.ciamlogin.com/{TENANT.replace('-', '')}/v2.0",
        f"https://name.ciamlogin.com/{TENANT}/{USER}/v2.0",
        "http://[::1/v2.0",
    ],
)
def test_an_issuer_without_a_tenant_is_401(issuer: Any) -> None:
    with pytest.raises(ApiError) as raised:
        caller(iss=issuer)

    assert raised.value.status == 401
    assert "iss" in raised.value.message


@pytest.mark.parametrize(
    "oid", [None, "", "me", 7, [USER], f"{USER}0", f" {USER}", USER.replace("-", ""), f"{{{USER}}}"]
)
def test_a_user_id_that_is_no_uuid_is_401(oid: Any) -> None:
    with pytest.raises(ApiError) as raised:
        caller(oid=oid)

    assert raised.value.status == 401
    assert "oid" in raised.value.message


@pytest.mark.parametrize("missing", ["iss", "oid"])
def test_a_missing_claim_is_401(missing: str) -> None:
    with pytest.raises(ApiError) as raised:
        caller_from({name: value for name, value in CLAIMS.items() if name != missing})

    assert raised.value.status == 401


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"emails": ["a@x.org", "b@x.org"], "email": "c@x.org", "preferred_username": "d@x.org"}, "a@x.org"),
        ({"email": "c@x.org", "preferred_username": "d@x.org"}, "c@x.org"),
        ({"preferred_username": "d@x.org"}, "d@x.org"),
        ({"emails": [], "email": "c@x.org"}, "c@x.org"),
        ({"emails": [], "preferred_username": "d@x.org"}, "d@x.org"),
        ({"emails": None, "email": None}, None),
        ({"emails": [7], "email": 7, "preferred_username": {}}, None),
        ({"emails": "a@x.org", "email": "c@x.org"}, "a@x.org"),
        ({"emails": " a@x.org, b@x.org"}, "a@x.org"),
        ({"emails": ["\ud800@x.org", "b@x.org"]}, "b@x.org"),
        ({"email": "\udfff@x.org"}, None),
        ({"email": ""}, None),
    ],
)
def test_the_email_comes_from_the_first_claim_that_has_one(claims: dict[str, Any], email: str | None) -> None:
    assert caller(**claims).email == email


@pytest.mark.parametrize(
    ("name", "expected"), [("Ada", "Ada"), (None, None), ("", None), (7, None), (["Ada"], None), ("A\ud83d", None)]
)
def test_the_name(name: Any, expected: str | None) -> None:
    assert caller(name=name).name == expected


@pytest.mark.parametrize("word", ["time-tracker-admin", "time-tracker-tester"])
@pytest.mark.parametrize(
    "claims",
    [
        {"extension_role": "{}"},
        {"extension_role": "other, {}"},
        {"extension_role": "{},other", "roles": None},
        {"roles": ["{}"]},
        {"groups": ["other", "{}"]},
        {"groups": [7, None, "{}"], "roles": "other"},
    ],
)
def test_a_role_may_stand_in_any_of_three_claims(claims: dict[str, Any], word: str) -> None:
    filled = json.loads(json.dumps(claims).replace("{}", word))

    who = caller(**filled)

    assert (who.is_admin, who.is_tester) == (word.endswith("admin"), word.endswith("tester"))
    assert word in who.groups


def test_one_id_in_two_cases_is_one_person() -> None:
    assert caller(oid=USER.upper()) == caller(oid=USER.lower())


def test_a_name_with_a_comma_is_one_name() -> None:
    assert caller(groups=["Office, time-tracker-admin"]).groups == {"Office, time-tracker-admin"}


@pytest.mark.parametrize(
    "claims",
    [
        {"roles": ["admin"]},
        {"roles": ["time-tracker-administrator"]},
        {"groups": "time-tracker-admin"},
        {"roles": "time-tracker-admin"},
        {"groups": ["Office, time-tracker-admin"]},
        {"roles": ["time-tracker-admin,time-tracker-tester"]},
        {"roles": [" time-tracker-admin"]},
        {"extension_role": ["time-tracker-admin"]},
        {"extension_role": "not-time-tracker-admin"},
        {"extension_role": "time-tracker-admin\ud800"},
        {"roles": {"time-tracker-admin": True}},
        {"roles": [["time-tracker-admin"]]},
        {"role": "time-tracker-admin"},
        {"name": "time-tracker-admin"},
        {"roles": True, "groups": 1, "extension_role": None},
    ],
)
def test_nothing_else_makes_an_admin(claims: dict[str, Any]) -> None:
    who = caller(**claims)

    assert (who.is_admin, who.is_tester) == (False, False)


@given(st.dictionaries(st.sampled_from([*CLAIMS, "emails", "email", "name", "roles", "groups", "exp"]), anything))
def test_any_claims_make_a_caller_or_a_401(claims: dict[str, Any]) -> None:
    try:
        who = caller_from(claims)
    except ApiError as error:
        assert error.status == 401  # noqa: PT017 - only one of the two ways
    else:
        assert is_uuid(who.user_id)
        assert is_uuid(who.tenant_id)


@given(st.uuids())
def test_a_uuid_of_any_version_and_case_is_one(value: Any) -> None:
    assert is_uuid(str(value))
    assert is_uuid(str(value).upper())
    assert not is_uuid(value.hex)
    assert not is_uuid(value.urn)
    assert not is_uuid(f"{value}\n")


@given(st.text())
def test_any_other_text_is_none(text: str) -> None:
    assert not is_uuid(text)
