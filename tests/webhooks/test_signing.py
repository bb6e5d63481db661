"""Signatures, as the Standard Webhooks specification has them."""

import base64
import json

from shared.webhooks.signing import new_secret, signed_headers

# The example of the specification's own libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_example_of_the_specification() -> None:
    headers = signed_headers(MESSAGE, TIMESTAMP, BODY, [SECRET])

    assert headers == {
        "webhook-id": MESSAGE,
        "webhook-timestamp": str(TIMESTAMP),
        "webhook-signature": SIGNATURE,
    }


def test_two_secrets_sign_on_one_line_in_their_order_with_one_blank_between() -> None:
    other = new_secret()
    first = signed_headers(MESSAGE, TIMESTAMP, BODY, [other])["webhook-signature"]

    assert signed_headers(MESSAGE, TIMESTAMP, BODY, [other, SECRET])["webhook-signature"] == f"{first} {SIGNATURE}"


def test_a_secret_is_32_random_bytes_in_padded_standard_base64() -> None:
    secrets = [new_secret() for _ in range(100)]

    assert len(set(secrets)) == 100
    assert {len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) for secret in secrets} == {32}
    assert all(secret.startswith("whsec_") and secret.endswith("=") for secret in secrets)
    assert json.dumps(secrets)
