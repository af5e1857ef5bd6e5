"""Access tokens of every kind, each with whether API Gateway's JWT authorizer accepts it.

It accepts only RSA signatures by a key of the issuer's, iss equal, aud (or client_id where there is no aud) one of
ours, exp in the future, nbf and iat not.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dev.local.issuer import Issuer

NOW = 1_795_170_600
URL, AUDIENCE, KID = "https://issuer.example", "pavati", "local-1"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ISSUER = Issuer(URL, AUDIENCE, KEY)
HEAD: dict[str, Any] = {"alg": "RS256", "typ": "JWT", "kid": KID}
CLAIMS: dict[str, Any] = {
    "iss": URL,
    "aud": AUDIENCE,
    "sub": "owner",
    "iat": NOW - 10,
    "nbf": NOW - 10,
    "exp": NOW + 3600,
}
ABSENT: Any = object()
Sign = Callable[[bytes], bytes]


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def rs(key: rsa.RSAPrivateKey = KEY, digest: hashes.HashAlgorithm | None = None) -> Sign:
    return lambda text: key.sign(text, padding.PKCS1v15(), digest or hashes.SHA256())


def hs(secret: bytes, digest: str = "sha256") -> Sign:
    return lambda text: hmac.digest(secret, text, digest)


def no_one(text: bytes) -> bytes:
    return b""


def changed(base: dict[str, Any], changes: dict[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in (base | changes).items() if value is not ABSENT}).encode()


def signed(head: bytes, claims: bytes, sign: Sign | None = None) -> str:
    text = f"{b64(head)}.{b64(claims)}"
    return f"{text}.{b64((sign or rs())(text.encode()))}"


def headed(sign: Sign | None = None, **changes: Any) -> str:
    return signed(changed(HEAD, changes), changed(CLAIMS, {}), sign)


def claiming(sign: Sign | None = None, **changes: Any) -> str:
    return signed(changed(HEAD, {}), changed(CLAIMS, changes), sign)


def _jwk() -> dict[str, Any]:
    key: dict[str, Any] = ISSUER.public_keys["keys"][0]
    return key


def _other_jwk() -> dict[str, Any]:
    key: dict[str, Any] = Issuer(URL, AUDIENCE, OTHER_KEY).public_keys["keys"][0]
    return key


def _public(encoding: Encoding, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
    return KEY.public_key().public_bytes(encoding, form)


def _es256(text: bytes) -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).sign(text, ec.ECDSA(hashes.SHA256()))


def _pss(text: bytes) -> bytes:
    return OTHER_KEY.sign(text, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def _raw_claims(changes: str) -> str:
    """A member more, written by hand: repeated, or no JSON that a library would write."""
    return signed(changed(HEAD, {}), changed(CLAIMS, {})[:-1] + f", {changes}}}".encode())


def _with_part(place: int, change: Callable[[str], str]) -> str:
    parts = headed().split(".")
    parts[place] = change(parts[place])
    return ".".join(parts)


def _flipped(text: str) -> str:
    return text[:20] + ("A" if text[20] != "A" else "B") + text[21:]


ALG_NONE = {
    f"alg {alg}{', its signature kept' if sign else ''}": headed(sign or no_one, alg=alg)
    for alg in ("none", "None", "NONE", "nOnE", "none ", "")
    for sign in (None, rs())
}
CONFUSED = {
    "HS256 by the public key as PEM": headed(hs(_public(Encoding.PEM)), alg="HS256"),
    "HS256 by the public key as PEM without its last line end": headed(hs(_public(Encoding.PEM)[:-1]), alg="HS256"),
    "HS256 by the public key as DER": headed(hs(_public(Encoding.DER)), alg="HS256"),
    "HS256 by the public key as PKCS1": headed(hs(_public(Encoding.PEM, PublicFormat.PKCS1)), alg="HS256"),
    "HS256 by the public key as JWK": headed(hs(json.dumps(_jwk()).encode()), alg="HS256"),
    "HS256 by the modulus": headed(hs(_jwk()["n"].encode()), alg="HS256"),
    "HS384 by the public key": headed(hs(_public(Encoding.PEM), "sha384"), alg="HS384"),
    "HS512 by the public key": headed(hs(_public(Encoding.PEM), "sha512"), alg="HS512"),
    "HS256 by nothing": headed(hs(b""), alg="HS256"),
    "HS256 by the key id": headed(hs(KID.encode()), alg="HS256"),
    "RS256 said, HS256 done": headed(hs(_public(Encoding.PEM))),
    "ES256 by a stranger": headed(_es256, alg="ES256"),
    "PS256 by a stranger": headed(_pss, alg="PS256"),
    "RS512 said, RS256 done": headed(alg="RS512"),
    "RS512 by our key, which is one for RS256": headed(rs(digest=hashes.SHA512()), alg="RS512"),
    "alg in lower case": headed(alg="rs256"),
    "alg missing": headed(alg=ABSENT),
    "alg null": headed(alg=None),
    "alg a list": headed(alg=["RS256", "none"]),
    "alg twice, none last": signed(b'{"alg":"RS256","kid":"local-1","alg":"none"}', changed(CLAIMS, {}), no_one),
    "alg twice, none first": signed(b'{"alg":"none","kid":"local-1","alg":"RS256"}', changed(CLAIMS, {}), no_one),
}
KEY_IDS = {
    "kid missing": headed(kid=ABSENT),
    "kid unknown": headed(kid="local-2"),
    "kid empty": headed(kid=""),
    "kid null": headed(kid=None),
    "kid a number": headed(kid=1),
    "kid a list": headed(kid=[KID]),
    "kid in another case": headed(kid=KID.upper()),
    "kid a path": headed(hs(b""), alg="HS256", kid="../../../../dev/null"),
    "kid an address": headed(rs(OTHER_KEY), kid="https://evil.example/jwks.json"),
    "kid a query": headed(rs(OTHER_KEY), kid="x' UNION SELECT 'k"),
    "kid of 10 KB": headed(rs(OTHER_KEY), kid="k" * 10_240),
    "kid with a NUL": headed(kid=KID + "\x00"),
}
OWN_KEYS = {
    "jku": headed(rs(OTHER_KEY), jku="https://evil.example/jwks.json"),
    "x5u": headed(rs(OTHER_KEY), x5u="https://evil.example/cert.pem"),
    "jwk": headed(rs(OTHER_KEY), jwk=_other_jwk()),
    "jwk and no kid": headed(rs(OTHER_KEY), jwk=_other_jwk(), kid=ABSENT),
    "x5c": headed(rs(OTHER_KEY), x5c=[b64(OTHER_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1))]),
    "an unknown critical extension": headed(crit=["evil"], evil=True),
    "signed by a stranger": headed(rs(OTHER_KEY)),
    "signed by a stranger under our issuer's name": claiming(rs(OTHER_KEY), iss=URL),
}
SHAPES = {
    "nothing": "",
    "a word": "owner",
    "two dots": "..",
    "two parts": headed().rpartition(".")[0],
    "four parts": headed() + ".x",
    "five parts, as if encrypted": headed() + ".x.y",
    "no signature": headed(no_one),
    "half a signature": _with_part(2, lambda text: text[: len(text) // 2]),
    "a signature too long": _with_part(2, lambda text: text + "AAAA"),
    "one letter of the claims changed": _with_part(1, _flipped),
    "one letter of the head changed": _with_part(0, _flipped),
    "cut short": headed()[:-30],
    "another's claims under this signature": _with_part(1, lambda text: b64(changed(CLAIMS, {"sub": "admin"}))),
    "a token within a token": signed(changed(HEAD, {"cty": "JWT"}), headed().encode()),
    "claims a list": signed(changed(HEAD, {}), b"[]"),
    "claims a text": signed(changed(HEAD, {}), b'"owner"'),
    "claims no JSON": signed(changed(HEAD, {}), b"{"),
    "claims no UTF-8": signed(changed(HEAD, {}), b'{"sub": "\xff"}'),
    "the head no object": signed(b"[]", changed(CLAIMS, {})),
    "the head no JSON": signed(b"{", changed(CLAIMS, {})),
    "not base64": "!!!.???.###",
    "beyond ASCII": headed() + "é",
    "another scheme": "Basic b3duZXI6b3duZXI=",
    "Bearer twice": f"Bearer {headed()}",
    "two tokens": f"{headed()}, {headed()}",
}
CLAIMED = {
    "iss of others": claiming(iss="https://other.example"),
    "iss with a slash": claiming(iss=URL + "/"),
    "iss without TLS": claiming(iss=URL.replace("https", "http")),
    "iss in capitals": claiming(iss=URL.upper()),
    "iss of another environment": claiming(iss="https://issuer.example/sandbox"),
    "iss missing": claiming(iss=ABSENT),
    "iss null": claiming(iss=None),
    "iss a list": claiming(iss=[URL]),
    "aud of others": claiming(aud="other"),
    "aud in capitals": claiming(aud=AUDIENCE.upper()),
    "aud a part of ours": claiming(aud=AUDIENCE[:-1]),
    "aud missing": claiming(aud=ABSENT),
    "aud empty": claiming(aud=""),
    "aud an empty list": claiming(aud=[]),
    "aud a list of others": claiming(aud=["a", "b"]),
    "client_id beside a wrong aud": claiming(aud="other", client_id=AUDIENCE),
    "client_id of others": claiming(aud=ABSENT, client_id="other"),
    "exp missing": claiming(exp=ABSENT),
    "exp this very second": claiming(exp=NOW),
    "exp a second ago": claiming(exp=NOW - 1),
    "exp zero": claiming(exp=0),
    "exp negative": claiming(exp=-NOW),
    "exp in words": claiming(exp="tomorrow"),
    "exp null": claiming(exp=None),
    "exp true": claiming(exp=True),
    "exp a list": claiming(exp=[NOW + 3600]),
    "exp NaN": _raw_claims('"exp": NaN'),
    "exp without end": _raw_claims('"exp": 1e999'),
    "nbf in a second": claiming(nbf=NOW + 1),
    "nbf in a minute": claiming(nbf=NOW + 60),
    "nbf in words": claiming(nbf="now"),
    "iat in a second": claiming(iat=NOW + 1),
    "iat in a year": claiming(iat=NOW + 31_536_000),
    "iat in words": claiming(iat="now"),
}
# Only the issuer itself could sign these, and no issuer does; the local authorizer is to refuse them all the same.
ODD_TYPES = {
    "aud null": claiming(aud=None),
    "exp as text": claiming(exp=str(NOW + 3600)),
    "nbf as text": claiming(nbf=str(NOW - 10)),
    "iat as text": claiming(iat=str(NOW - 10)),
    "aud an object": claiming(aud={AUDIENCE: 1}),
    "aud a number": claiming(aud=7),
    "aud a list of lists": claiming(aud=[[AUDIENCE]]),
    "client_id a number": claiming(aud=ABSENT, client_id=7),
}
REFUSED: dict[str, str] = ALG_NONE | CONFUSED | KEY_IDS | OWN_KEYS | SHAPES | CLAIMED
PASSED: dict[str, str] = {
    "whole": headed(),
    "no typ": headed(typ=ABSENT),
    "typ at+jwt": headed(typ="at+jwt"),
    "keys of its own that nobody reads": headed(jku="https://evil.example/jwks.json", jwk=_other_jwk()),
    "aud a list with ours": claiming(aud=["x", "second"]),
    "client_id where there is no aud": claiming(aud=ABSENT, client_id=AUDIENCE),
    "exp in a second": claiming(exp=NOW + 1),
    "exp in a hundred years": claiming(exp=NOW + 3_153_600_000),
    "exp between two seconds": claiming(exp=NOW + 1.5),
    "nbf this very second": claiming(nbf=NOW),
    "iat this very second": claiming(iat=NOW),
    "neither nbf nor iat": claiming(nbf=ABSENT, iat=ABSENT),
    "an ID token, which looks the same": claiming(token_use="id", nonce="n"),
    "sub twice: the last counts": _raw_claims('"sub": "admin"'),
    "no sub, which our own code then asks for": claiming(sub=ABSENT),
}
OTHER_SUBJECTS = {"sub twice: the last counts": "admin", "no sub, which our own code then asks for": None}


@lru_cache
def from_the_issuer() -> str:
    return ISSUER.token("owner")
