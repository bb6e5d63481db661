"""What the setting `SECRETS_KEY` protects: kept apart by purpose, changed without loss, and missed by nothing else."""

import base64
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from shared.config import SECRETS_KEY, SECRETS_KEY_PREVIOUS, settings
from shared.errors import ApiError
from shared.secrets_key import (
    NotOursError,
    Purpose,
    decrypted,
    encrypted,
    payload_of,
    reencrypted,
    require_key,
    signatures,
    signed,
)
from tests.application import Application, application

OLD, NEW, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2, 3))
REFERENCE = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/secrets-key)"


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        settings.cache_clear()


def keys(current: str, previous: str = "") -> AbstractContextManager[None]:
    least = {"COSMOS_ENDPOINT": "http://localhost:8081", "JWT_VERIFICATION": "gateway"}
    return environment({**least, SECRETS_KEY: current, SECRETS_KEY_PREVIOUS: previous})


def test_a_secret_comes_back_and_its_kept_form_does_not_show_it() -> None:
    with keys(NEW):
        kept = encrypted(Purpose.WEBHOOK_SECRETS, "whsec_ä")

        assert "whsec" not in kept
        assert decrypted(Purpose.WEBHOOK_SECRETS, kept) == "whsec_ä"


def test_what_is_made_for_one_purpose_is_no_other_ones() -> None:
    with keys(NEW):
        with pytest.raises(NotOursError):
            decrypted(Purpose.CALENDAR_ADDRESSES, encrypted(Purpose.WEBHOOK_SECRETS, "x"))
        with pytest.raises(NotOursError):
            payload_of(Purpose.CALENDAR_ADDRESSES, signed(Purpose.CHANGES_CURSORS, b"x"))


def test_while_the_key_is_changed_what_the_previous_one_made_is_still_read() -> None:
    with keys(OLD):
        kept, cursor = encrypted(Purpose.WEBHOOK_SECRETS, "x"), signed(Purpose.CHANGES_CURSORS, b"y")
        (digest,) = signatures(Purpose.CALENDAR_ADDRESSES, b"z")
    with keys(NEW, OLD):
        assert decrypted(Purpose.WEBHOOK_SECRETS, kept) == "x"
        assert payload_of(Purpose.CHANGES_CURSORS, cursor) == b"y"
        assert signatures(Purpose.CALENDAR_ADDRESSES, b"z")[1:] == [digest]
        fresh = reencrypted(Purpose.WEBHOOK_SECRETS, kept)
        assert reencrypted(Purpose.WEBHOOK_SECRETS, fresh) == fresh
    with keys(NEW):
        assert decrypted(Purpose.WEBHOOK_SECRETS, fresh) == "x"
        with pytest.raises(NotOursError):
            decrypted(Purpose.WEBHOOK_SECRETS, kept)
        with pytest.raises(NotOursError):
            reencrypted(Purpose.WEBHOOK_SECRETS, kept)
        with pytest.raises(NotOursError):
            payload_of(Purpose.CHANGES_CURSORS, cursor)


def test_the_same_key_twice_is_one_key() -> None:
    with keys(NEW, NEW):
        assert len(signatures(Purpose.CHANGES_CURSORS, b"x")) == 1


@pytest.mark.parametrize("payload", [b"", b"x", b'["\xc3\xa9", 1]', bytes(range(256))])
def test_a_signed_text_holds_only_as_it_was_made(payload: bytes) -> None:
    with keys(NEW):
        text = signed(Purpose.CHANGES_CURSORS, payload)

        assert payload_of(Purpose.CHANGES_CURSORS, text) == payload
        for place in range(len(text)):
            for letter in {"A", "B", "-", "="} - {text[place]}:
                with pytest.raises(NotOursError):
                    payload_of(Purpose.CHANGES_CURSORS, text[:place] + letter + text[place + 1 :])


@pytest.mark.parametrize("text", ["", "x", "=", "é", "####", "A" * 43, "A" * 5000, "\x00", "+" * 44])
def test_what_is_no_signed_text_is_refused(text: str) -> None:
    with keys(NEW), pytest.raises(NotOursError):
        payload_of(Purpose.CHANGES_CURSORS, text)
    with keys(NEW), pytest.raises(NotOursError):
        decrypted(Purpose.WEBHOOK_SECRETS, text)


@pytest.mark.parametrize(
    "text", ["", "  ", "short", "x" * 42, REFERENCE, base64.b64encode(b"x" * 31).decode(), "ä" * 44]
)
def test_a_key_that_can_not_be_read_is_503_with_the_settings_name(text: str) -> None:
    with keys(text), pytest.raises(ApiError, match=SECRETS_KEY) as refused:
        require_key()

    assert (refused.value.status, refused.value.code) == (503, "secrets_key_unavailable")
    assert not text.strip() or text not in refused.value.message


def test_a_previous_key_that_can_not_be_read_is_no_reason_to_guess() -> None:
    with keys(NEW, REFERENCE), pytest.raises(ApiError, match=SECRETS_KEY_PREVIOUS):
        require_key()


@pytest.mark.parametrize(
    "text", [base64.urlsafe_b64encode(b"\xff" * 32).decode(), base64.b64encode(b"\xff" * 64).decode()]
)
def test_both_alphabets_of_base64_and_longer_keys_are_taken(text: str) -> None:
    with keys(f" {text}\n"):
        require_key()
        assert text not in repr(settings())


@pytest.mark.parametrize("text", ["", REFERENCE])
async def test_without_a_key_health_says_so_and_the_rest_works(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession, text: str
) -> None:
    del app
    async with application(cosmos_account, SECRETS_KEY=text) as served, http.get(f"{served.url}/api/health") as answer:
        body = await answer.json()

    assert (answer.status, body["status"]) == (200, "healthy")
    assert SECRETS_KEY in body["checks"]["secrets_key"]
