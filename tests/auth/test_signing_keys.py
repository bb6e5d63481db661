"""The issuer's keys: which ones count, for how long, and what an unhealthy key server means for callers."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import jwt
import pytest

from shared.auth.caller import Callers
from shared.auth.signing_keys import COMPLETE_SECONDS, MOST_BYTES, RENEWED_AFTER_SECONDS, TRY_AGAIN_SECONDS
from shared.errors import ApiError
from tests.auth.key_server import ISSUER, KEY, OTHER_KEY, TENANT, KeyServer, jwk_of, signed

FIVE_MINUTES = 300
GOOD = jwk_of(KEY, "1")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def callers(issuer: KeyServer, clock: Clock) -> AsyncIterator[Callers]:
    callers = Callers(issuer.verification, clock=clock)
    yield callers
    await callers.close()


async def status(callers: Callers, token: str) -> int:
    try:
        await callers.caller_of(token)
    except ApiError as error:
        assert error.status in {401, 503}  # noqa: PT017 - both are looked at by the tests
        assert (error.status == 503) == ("Retry-After" in error.headers)  # noqa: PT017
        return int(error.status)
    return 200


async def test_a_withdrawn_key_is_refused_within_five_minutes(
    callers: Callers, issuer: KeyServer, clock: Clock
) -> None:
    """For tokens that were let in before as for new ones, while somebody calls all the time."""
    known, withdrawn_at = signed(), clock.seconds
    assert await status(callers, known) == 200
    issuer.keys = [jwk_of(OTHER_KEY, "2")]

    while clock.seconds - withdrawn_at < RENEWED_AFTER_SECONDS:
        assert await status(callers, known) == 200
        clock.seconds += 10
    # The renewal in the background takes no time by this clock.
    async with asyncio.timeout(8):
        while await status(callers, known) == 200:  # noqa: ASYNC110 - the renewal is not to be seen from here
            await asyncio.sleep(0.005)

    assert clock.seconds - withdrawn_at < FIVE_MINUTES
    assert await status(callers, known) == 401
    assert await status(callers, signed()) == 401
    assert await status(callers, signed(OTHER_KEY, "2")) == 200


async def test_a_withdrawn_key_is_refused_also_where_nobody_called_meanwhile(
    callers: Callers, issuer: KeyServer, clock: Clock
) -> None:
    known = signed()
    assert await status(callers, known) == 200
    issuer.keys = [jwk_of(OTHER_KEY, "2")]
    clock.seconds += FIVE_MINUTES

    assert await status(callers, known) == 401


async def test_a_key_that_another_replaced_under_its_id_is_refused(
    callers: Callers, issuer: KeyServer, clock: Clock
) -> None:
    known = signed()
    assert await status(callers, known) == 200
    issuer.keys = [jwk_of(OTHER_KEY, "1")]
    clock.seconds += FIVE_MINUTES

    assert await status(callers, known) == 401
    assert await status(callers, signed(OTHER_KEY, "1")) == 200


async def test_a_key_server_that_is_down_is_noticed_by_nobody_for_five_minutes(
    callers: Callers, issuer: KeyServer, clock: Clock
) -> None:
    known = signed()
    assert await status(callers, known) == 200
    await issuer.stop()

    for _ in range(29):
        clock.seconds += 10
        assert await status(callers, known) == 200
        assert await status(callers, signed()) == 200

    clock.seconds += 10
    assert await status(callers, known) == 503
    assert await status(callers, signed()) == 503
    await issuer.start()
    clock.seconds += TRY_AGAIN_SECONDS
    assert await status(callers, known) == 200


RUBBISH = {
    "HTML": b"<html><body>Service Unavailable</body></html>",
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "nothing": b"",
    "bad UTF-8": b'{"keys": "\xff\xfe"}',
    "an object": b"{}",
    "keys that are no list": b'{"keys": {"kid": "1"}}',
    "no keys": b'{"keys": []}',
    "keys that are none": b'{"keys": [null, 7, "x", {}, {"kid": "1"}]}',
    "a deep document": b"[" * 100_000,
    "a huge set": b'{"keys": [' + b" " * MOST_BYTES + b"]}",
    "a key for encryption": json.dumps({"keys": [{**GOOD, "use": "enc"}]}).encode(),
    "a key for another algorithm": json.dumps({"keys": [{**GOOD, "alg": "RS512"}]}).encode(),
    "a key without an id": json.dumps({"keys": [{**GOOD, "kid": None}]}).encode(),
    "a key whose id is a list": json.dumps({"keys": [{**GOOD, "kid": ["1"]}]}).encode(),
    "a malformed key": json.dumps({"keys": [{**GOOD, "n": "AA"}]}).encode(),
    "a key of wrong types": json.dumps({"keys": [{**GOOD, "n": 7, "e": []}]}).encode(),
}


@pytest.mark.parametrize("body", RUBBISH.values(), ids=RUBBISH.keys())
async def test_what_is_no_key_set_is_503_until_there_is_one(
    callers: Callers, issuer: KeyServer, clock: Clock, body: bytes
) -> None:
    issuer.body = body
    token = signed()
    assert [await status(callers, token) for _ in range(3)] == [503] * 3
    assert await callers.problem()

    issuer.body = None
    clock.seconds += TRY_AGAIN_SECONDS
    assert await status(callers, token) == 200
    assert await callers.problem() is None


@pytest.mark.parametrize("code", [201, 204, 400, 401, 404, 500, 503])
async def test_any_status_but_200_is_503(callers: Callers, issuer: KeyServer, code: int) -> None:
    issuer.status = code

    assert await status(callers, signed()) == 503


async def test_a_redirection_is_not_followed(callers: Callers, issuer: KeyServer) -> None:
    issuer.location = issuer.url

    assert await status(callers, signed()) == 503
    assert issuer.requests == 1


async def test_a_connection_that_is_reset_half_way_is_503(callers: Callers, issuer: KeyServer) -> None:
    issuer.resets = True

    assert await status(callers, signed()) == 503


@pytest.mark.parametrize("body", RUBBISH.values(), ids=RUBBISH.keys())
async def test_rubbish_does_not_displace_keys_that_count(
    callers: Callers, issuer: KeyServer, clock: Clock, body: bytes
) -> None:
    assert await status(callers, signed()) == 200
    issuer.body = body
    clock.seconds += FIVE_MINUTES - 1
    assert await status(callers, signed()) == 200
    # Its key is unknown, so that it waits for the renewal that has begun.
    assert await status(callers, signed(OTHER_KEY, "2")) == 503

    assert await status(callers, signed()) == 200
    assert issuer.requests == 2


async def test_one_bad_key_does_not_disable_the_others(callers: Callers, issuer: KeyServer) -> None:
    issuer.keys = [{"kty": "EC"}, {**GOOD, "kid": "0", "n": "AA"}, {**GOOD, "kid": "9", "use": "enc"}, GOOD]

    assert await status(callers, signed()) == 200
    assert await status(callers, signed(kid="9")) == 401


async def test_a_key_set_with_a_private_key_is_used_for_checking(callers: Callers, issuer: KeyServer) -> None:
    numbers = KEY.private_numbers()
    issuer.keys = [{**GOOD, "d": "AQAB", "p": str(numbers.p), "q": 7}]

    assert await status(callers, signed()) == 200


async def test_a_new_key_counts_at_once(callers: Callers, issuer: KeyServer) -> None:
    assert await status(callers, signed()) == 200

    issuer.keys.append(jwk_of(OTHER_KEY, "2"))
    assert await status(callers, signed(OTHER_KEY, "2")) == 200
    issuer.keys.append(jwk_of(OTHER_KEY, "3"))
    assert await status(callers, signed(OTHER_KEY, "3")) == 200


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_thousand_made_up_key_ids_cost_a_fetch_or_two(
    callers: Callers, issuer: KeyServer, clock: Clock, at_once: bool
) -> None:
    tokens = [signed(OTHER_KEY, str(uuid4())) for _ in range(1000)]
    if at_once:
        statuses = await asyncio.gather(*(status(callers, token) for token in tokens))
    else:
        statuses = [await status(callers, token) for token in tokens]

    assert set(statuses) == {401}
    assert issuer.requests <= 2
    # Soon after them a new key counts.
    issuer.keys.append(jwk_of(OTHER_KEY, "2"))
    clock.seconds += COMPLETE_SECONDS
    assert await status(callers, signed(OTHER_KEY, "2")) == 200


@pytest.mark.parametrize(
    "token",
    [
        "x.y.z",
        signed("", algorithm="none"),
        signed("k" * 32, algorithm="HS256"),
        signed(kid=None),
        signed(exp=1),
        signed(exp=None),
        signed(iss=f"{ISSUER}/"),
        signed(aud="others"),
        signed(nbf=time.time() + 86400),
    ],
    ids=["no token", "unsigned", "shared secret", "no key id", "expired", "for ever", "issuer", "audience", "early"],
)
async def test_a_token_that_is_bad_by_itself_costs_no_fetch(callers: Callers, issuer: KeyServer, token: str) -> None:
    await issuer.stop()

    assert await status(callers, token) == 401
    assert issuer.requests == 0


async def test_a_hanging_key_server_slows_nobody_whose_key_is_known(callers: Callers, issuer: KeyServer) -> None:
    known = signed()
    assert await status(callers, known) == 200
    issuer.answers.clear()
    strangers = [asyncio.create_task(status(callers, signed(OTHER_KEY, str(uuid4())))) for _ in range(50)]
    await issuer.asked(2)

    began = time.monotonic()
    for _ in range(20):
        assert await status(callers, known) == 200
        assert await status(callers, signed()) == 200
        await asyncio.to_thread(int)
    assert time.monotonic() - began < 1
    assert issuer.requests == 2
    # The strangers share one fetch, and are told to come again when it is given up.
    assert set(await asyncio.gather(*strangers)) == {503}
    assert time.monotonic() - began < 4


async def test_the_keys_are_fetched_while_the_default_thread_pool_is_busy(callers: Callers) -> None:
    """Its threads are those that look up names: one hanging host must not stop callers from being checked."""
    free = threading.Event()
    loop = asyncio.get_running_loop()
    busy = [loop.run_in_executor(None, free.wait) for _ in range(64)]
    try:
        assert await status(callers, signed()) == 200
    finally:
        free.set()
        await asyncio.gather(*busy)


async def test_a_fetch_outlives_the_request_that_began_it(callers: Callers, issuer: KeyServer) -> None:
    issuer.answers.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await callers.caller_of(signed())
    issuer.answers.set()

    assert await status(callers, signed()) == 200
    assert issuer.requests == 1


async def test_anything_in_a_tokens_header_is_401(callers: Callers, issuer: KeyServer) -> None:
    odd: list[dict[str, Any]] = [{"kid": ""}, {"kid": "1\n"}, {"kid": "../1"}, {"kid": "1" * 5000}, {"crit": ["exp"]}]
    payload = jwt.decode(signed(), options={"verify_signature": False})
    for header in odd:
        token = jwt.encode(payload, KEY, algorithm="RS256", headers={"kid": "1", **header})
        assert await status(callers, token) == 401, header
    assert issuer.requests <= 2


async def test_what_is_begun_meanwhile_is_waited_for_by_a_good_token_and_by_no_other(issuer: KeyServer) -> None:
    """A first call opens the database beside the fetch of the keys."""
    ended = asyncio.Event()
    meanwhile: asyncio.Task[None] = asyncio.create_task(_until(ended))
    callers = Callers(issuer.verification, meanwhile=lambda: meanwhile)

    with pytest.raises(ApiError):
        await callers.caller_of(signed(OTHER_KEY))
    good = asyncio.create_task(callers.caller_of(signed()))
    await issuer.asked(1)
    done, _ = await asyncio.wait({good}, timeout=0.1)
    assert not done
    ended.set()

    assert (await good).tenant_id == TENANT
    await callers.close()


async def _until(event: asyncio.Event) -> None:
    await event.wait()
