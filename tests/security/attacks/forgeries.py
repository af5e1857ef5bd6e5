"""Webhooks that PhonePe did not send. In a body OPEN, OURS, THEIRS and RFD stand for ids of the scene."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

MINIMUM = 40
LOGIN, SECRET = "sim_user:simPass123", "sim-hmac-secret"
SIGNATURE = "x-phonepe-checksum-signature"

Headers = Mapping[str, str]


def webhook_body(event: str = "checkout.order.completed", state: str = "COMPLETED", **payload: Any) -> dict[str, Any]:
    truth = {"merchantId": "MSIM0001", "merchantOrderId": "OPEN", "orderId": "OMO1", "amount": 49900, "currency": "INR"}
    return {"event": event, "payload": truth | {"state": state} | payload}


BODY = json.dumps(webhook_body()).encode()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def signed(body: bytes, key: str = SECRET, how: str = "sha256") -> str:
    return hmac.new(key.encode(), body, how).hexdigest()


PROOF = sha256(LOGIN)

BAD_LOGINS: dict[str, Headers] = {  # The proof is a fixed hash of user and password.
    "no header": {},
    "empty": {"Authorization": ""},
    "a space": {"Authorization": " "},
    "wrong password": {"Authorization": sha256("sim_user:simPass124")},
    "old password": {"Authorization": sha256("sim_user:oldPass123")},
    "production's": {"Authorization": sha256("live_user:livePass123")},
    "the documents' example": {"Authorization": sha256("username:password")},
    "no login": {"Authorization": sha256("")},
    "empty login": {"Authorization": sha256(":")},
    "user alone": {"Authorization": sha256("sim_user:")},
    "password alone": {"Authorization": sha256(":simPass123")},
    "swapped": {"Authorization": sha256("simPass123:sim_user")},
    "no colon": {"Authorization": sha256("sim_usersimPass123")},
    "line end hashed": {"Authorization": sha256(LOGIN + "\n")},
    "raw login": {"Authorization": LOGIN},
    "basic": {"Authorization": "Basic " + base64.b64encode(LOGIN.encode()).decode()},
    "bearer": {"Authorization": f"Bearer {PROOF}"},
    "upper case": {"Authorization": PROOF.upper()},
    "one letter in upper case": {"Authorization": PROOF.replace("f", "F", 1)},
    "prefix": {"Authorization": f"SHA256 {PROOF}"},
    "prefix and equals": {"Authorization": f"sha256={PROOF}"},
    "as the documents write it": {"Authorization": f"SHA256({LOGIN})"},
    "hash in brackets": {"Authorization": f"SHA256({PROOF})"},
    "quoted": {"Authorization": f'"{PROOF}"'},
    "space after": {"Authorization": f"{PROOF} "},
    "space before": {"Authorization": f" {PROOF}"},
    "line end after": {"Authorization": f"{PROOF}\n"},
    "nul after": {"Authorization": f"{PROOF}\x00"},
    "one digit less": {"Authorization": PROOF[:-1]},
    "one digit more": {"Authorization": PROOF + "0"},
    "equal but for the last digit": {"Authorization": PROOF[:-1] + "x"},
    "equal but for the first digit": {"Authorization": "x" + PROOF[1:]},
    "first half": {"Authorization": PROOF[:32]},
    "zeros": {"Authorization": "0" * 64},
    "full width digits": {"Authorization": "".join(chr(ord(c) + 0xFEE0) for c in PROOF)},
    "another alphabet": {"Authorization": "\u0451" * 64},
    "half a character": {"Authorization": "\ud800"},
    "base64": {"Authorization": base64.b64encode(bytes.fromhex(PROOF)).decode()},
    "md5": {"Authorization": hashlib.md5(LOGIN.encode(), usedforsecurity=False).hexdigest()},
    "sha1": {"Authorization": hashlib.sha1(LOGIN.encode(), usedforsecurity=False).hexdigest()},
    "sha512": {"Authorization": hashlib.sha512(LOGIN.encode()).hexdigest()},
    "hashed twice": {"Authorization": sha256(PROOF)},
    "twice": {"Authorization": f"{PROOF},{PROOF}"},
    "wrong and right": {"Authorization": f"{'0' * 64},{PROOF}"},
    "right and wrong": {"Authorization": f"{PROOF}, {'0' * 64}"},
    "two header lines": {"Authorization": PROOF, "authorization": "0" * 64},
    "8 KB": {"Authorization": PROOF * 128},
    "another header": {"X-Authorization": PROOF},
    "proxy's header": {"Proxy-Authorization": PROOF},
    "v1's header": {"X-VERIFY": f"{PROOF}###1"},
    "cookie": {"Cookie": f"Authorization={PROOF}"},
    "the other mode's, alone": {SIGNATURE: signed(BODY)},
    "the other mode's, in its place": {"Authorization": signed(BODY)},
}

BAD_SIGNATURES: dict[str, Callable[[bytes], Headers]] = {  # The proof is an HMAC of the body.
    "no header": lambda body: {},
    "empty": lambda body: {SIGNATURE: ""},
    "wrong key": lambda body: {SIGNATURE: signed(body, "sim-hmac-secreu")},
    "old key": lambda body: {SIGNATURE: signed(body, "old-hmac-secret")},
    "production's key": lambda body: {SIGNATURE: signed(body, "live-hmac-secret")},
    "empty key": lambda body: {SIGNATURE: signed(body, "")},
    "key id as key": lambda body: {SIGNATURE: signed(body, "sim-key-1")},
    "login as key": lambda body: {SIGNATURE: signed(body, LOGIN)},
    "hash of the key as key": lambda body: {SIGNATURE: signed(body, sha256(SECRET))},
    "body as key": lambda body: {SIGNATURE: hmac.new(body, SECRET.encode(), "sha256").hexdigest()},
    "no hmac": lambda body: {SIGNATURE: hashlib.sha256(SECRET.encode() + body).hexdigest()},
    "no key": lambda body: {SIGNATURE: hashlib.sha256(body).hexdigest()},
    "sha1": lambda body: {SIGNATURE: signed(body, how="sha1")},
    "sha512": lambda body: {SIGNATURE: signed(body, how="sha512")},
    "upper case": lambda body: {SIGNATURE: signed(body).upper()},
    "prefix": lambda body: {SIGNATURE: f"sha256={signed(body)}"},
    "key id before it": lambda body: {SIGNATURE: f"sim-key-1:{signed(body)}"},
    "space after": lambda body: {SIGNATURE: f"{signed(body)} "},
    "one digit less": lambda body: {SIGNATURE: signed(body)[:-1]},
    "equal but for the last digit": lambda body: {SIGNATURE: signed(body)[:-1] + "x"},
    "first half": lambda body: {SIGNATURE: signed(body)[:32]},
    "twice": lambda body: {SIGNATURE: f"{signed(body)},{signed(body)}"},
    "wrong and right": lambda body: {SIGNATURE: f"{'0' * 64},{signed(body)}"},
    "two header lines": lambda body: {SIGNATURE: signed(body), SIGNATURE.upper(): "0" * 64},
    "base64 without its end": lambda body: {SIGNATURE: _base64(signed(body)).rstrip("=")},
    "base64 of hex": lambda body: {SIGNATURE: base64.b64encode(signed(body).encode()).decode()},
    "of no body": lambda body: {SIGNATURE: signed(b"")},
    "of another body": lambda body: {SIGNATURE: signed(b'{"event": "checkout.order.completed"}')},
    "of the body's base64": lambda body: {SIGNATURE: signed(base64.b64encode(body))},
    "of the body's hash": lambda body: {SIGNATURE: signed(sha256(body.decode()).encode())},
    "of address and body": lambda body: {SIGNATURE: signed(b"https://api.example/v1/webhooks/phonepe" + body)},
    "of time and body": lambda body: {SIGNATURE: f"t=1795170600,v1={signed(b'1795170600.' + body)}"},
    "another header": lambda body: {"Authorization": signed(body)},
    "v1's header": lambda body: {"X-VERIFY": f"{signed(body)}###1"},
    "razorpay's header": lambda body: {"X-Razorpay-Signature": signed(body)},
    "square's header": lambda body: {"x-square-hmacsha256-signature": _base64(signed(body))},
    "the other mode's, alone": lambda body: {"Authorization": PROOF},
    "the other mode's, in its place": lambda body: {SIGNATURE: PROOF},
    "half a character": lambda body: {SIGNATURE: "\ud800"},
}

ALTERED: dict[str, Callable[[bytes], bytes]] = {  # Changed after it was signed.
    "one byte": lambda body: body[:-1] + b" ",
    "space after": lambda body: body + b" ",
    "line end after": lambda body: body + b"\n",
    "cut short": lambda body: body[:-1],
    "nothing": lambda body: b"",
    "written anew": lambda body: json.dumps(json.loads(body), indent=1).encode(),
    "fields sorted": lambda body: json.dumps(json.loads(body), sort_keys=True).encode(),
    "a mark before": lambda body: b"\xef\xbb\xbf" + body,
    "gzip": lambda body: gzip.compress(body),
    "base64": base64.b64encode,
    "utf-16": lambda body: body.decode().encode("utf-16"),
    "a paisa more": lambda body: body.replace(b"49900", b"49901"),
    "a paisa less": lambda body: body.replace(b"49900", b"49899"),
    "other currency": lambda body: body.replace(b"INR", b"USD"),
    "other merchant": lambda body: body.replace(b"MSIM0001", b"MSIM0002"),
    "other order": lambda body: body.replace(b"att_", b"att_0"),
    "other state": lambda body: body.replace(b'"COMPLETED"', b'"FAILED"'),
    "a field twice": lambda body: body[:-1] + b', "event": "checkout.order.failed"}',
    "nul after": lambda body: body + b"\x00",
}

# The deployment has no such secret: no proof is right, not even that of an empty secret.
CLOSED: dict[str, tuple[str, dict[str, Any], Headers]] = {
    "no login": ("sha256", {"webhook_logins": []}, {"Authorization": sha256("")}),
    "login missing": ("sha256", {}, {"Authorization": PROOF}),
    "login null": ("sha256", {"webhook_logins": None}, {"Authorization": sha256("None")}),
    "empty login": ("sha256", {"webhook_logins": [""]}, {"Authorization": sha256("")}),
    "login of a colon": ("sha256", {"webhook_logins": [":"]}, {"Authorization": sha256(":")}),
    "login without password": ("sha256", {"webhook_logins": ["user:"]}, {"Authorization": sha256("user:")}),
    "login without user": ("sha256", {"webhook_logins": [":pass"]}, {"Authorization": sha256(":pass")}),
    "login as a text": ("sha256", {"webhook_logins": LOGIN}, {"Authorization": sha256("s")}),
    "no key": ("hmac", {"webhook_secrets": []}, {SIGNATURE: signed(BODY, "")}),
    "key missing": ("hmac", {}, {SIGNATURE: signed(BODY, "")}),
    "key null": ("hmac", {"webhook_secrets": None}, {SIGNATURE: signed(BODY, "None")}),
    "empty key": ("hmac", {"webhook_secrets": [""]}, {SIGNATURE: signed(BODY, "")}),
    "key as a text": ("hmac", {"webhook_secrets": SECRET}, {SIGNATURE: signed(BODY, "s")}),
    "the login only": ("hmac", {"webhook_logins": [LOGIN]}, {"Authorization": PROOF}),
    "the key only": ("sha256", {"webhook_secrets": [SECRET]}, {SIGNATURE: signed(BODY)}),
}

# With a valid proof: the changes to the request, the changes to the event, and the refusal.
WIRE: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "too large": ({"raw": b"x" * (256 * 1024 + 1)}, {}, "request_too_large"),
    "6 MB": ({"raw": b"x" * (6 * 1024 * 1024)}, {}, "request_too_large"),
    "no base64": ({}, {"body": "{}"}, "invalid_request"),
    "base64 with noise": ({}, {"body": "e30=\u00e9"}, "invalid_request"),
    "lone surrogate": ({}, {"body": "\ud800", "isBase64Encoded": False}, "invalid_request"),
    "another gateway": ({"path": "/v1/webhooks/adyen"}, {}, "not_found"),
    "a gateway that nobody set up": ({"path": "/v1/webhooks/razorpay"}, {}, "invalid_signature"),
    "no gateway": ({"path": "/v1/webhooks/"}, {}, "not_found"),
    "gateway in capitals": ({"path": "/v1/webhooks/PHONEPE"}, {}, "not_found"),
    "gateway with a tail": ({"path": "/v1/webhooks/phonepe%00"}, {}, "not_found"),
    "gateway by detour": ({"path": "/v1/webhooks/x/../phonepe"}, {}, "not_found"),
    "read": ({"method": "GET"}, {}, "method_not_allowed"),
    "put": ({"method": "PUT"}, {}, "method_not_allowed"),
}


def _base64(hexed: str) -> str:
    return base64.b64encode(bytes.fromhex(hexed)).decode()
