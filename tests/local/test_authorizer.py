import base64
import hmac
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.authorizer import JwtAuthorizer
from local.blueprint import AuthorizerSpec
from local.issuer import Issuer

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ISSUER = Issuer("http://issuer", "pavati", KEY)
AUTHORIZER = JwtAuthorizer(AuthorizerSpec("http://issuer", ("pavati", "second")), ISSUER.public_keys)
NOW = int(time.time())
GOOD: dict[str, Any] = {"iss": "http://issuer", "aud": "pavati", "sub": "owner", "exp": NOW + 3600, "nbf": NOW - 1}
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signed(changes: dict[str, Any], key: Any = KEY, algorithm: str = "RS256", kid: str | None = "local-1") -> str:
    claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def signed_with_the_public_key() -> str:
    """PyJWT refuses to make one."""
    _, claims, _ = signed({}).split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT","kid":"local-1"}').rstrip(b"=").decode()
    proof = hmac.new(PUBLIC, f"{head}.{claims}".encode(), "sha256").digest()
    return f"{head}.{claims}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(ISSUER.token("owner"), id="from the development issuer"),
        pytest.param(signed({}), id="signed by its key"),
        pytest.param(signed({"aud": ["x", "second"]}), id="one audience of several"),
        pytest.param(signed({"aud": None, "client_id": "pavati"}), id="client_id without aud"),
        pytest.param(signed({"nbf": None}), id="no nbf"),
    ],
)
@pytest.mark.parametrize("prefix", ["Bearer ", ""])
def test_a_good_token_gives_its_claims(token: str, prefix: str) -> None:
    claims = AUTHORIZER.claims(prefix + token)
    assert claims
    assert claims["sub"] == "owner"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="none"),
        pytest.param("x.y.z", id="garbage"),
        pytest.param(signed({"iss": "http://other"}), id="other issuer"),
        pytest.param(signed({"iss": None}), id="no issuer"),
        pytest.param(signed({"aud": "other"}), id="other audience"),
        pytest.param(signed({"aud": None}), id="no audience"),
        pytest.param(signed({"aud": "other", "client_id": "pavati"}), id="client_id beside a wrong aud"),
        pytest.param(signed({"exp": NOW - 1}), id="expired"),
        pytest.param(signed({"exp": None}), id="never expires"),
        pytest.param(signed({"nbf": NOW + 3600}), id="not yet"),
        pytest.param(signed({}, OTHER_KEY), id="other key"),
        pytest.param(signed({}, kid="other"), id="unknown key id"),
        pytest.param(signed({}, kid=None), id="no key id"),
        pytest.param(signed({}, algorithm="RS512"), id="other algorithm"),
        pytest.param(signed_with_the_public_key(), id="public key as a shared secret"),
        pytest.param(signed({}, None, "none"), id="unsigned"),
    ],
)
def test_any_other_token_is_refused(token: str) -> None:
    assert AUTHORIZER.claims(f"Bearer {token}") is None


def test_functions_get_every_claim_as_a_string() -> None:
    claims = AUTHORIZER.claims(signed({"groups": ["a", "b"], "verified": True}))
    assert claims
    assert (claims["exp"], claims["groups"], claims["verified"]) == (str(NOW + 3600), "[a b]", "true")
