from __future__ import annotations

import ast
import hmac
import inspect
from base64 import b64encode

from payments.gateways.kit.signatures import base64_signature, hex_signature, matches_any


def test_a_signature_is_the_hmac_of_the_message() -> None:
    digest = hmac.new(b"key", b"message", "sha256").digest()
    assert hex_signature("key", b"message") == digest.hex()
    assert base64_signature("key", b"message") == b64encode(digest).decode()


def test_any_claim_may_fit_any_secret_in_use() -> None:
    signatures = [hex_signature(key, b"message") for key in ("old", "new")]
    assert matches_any(["", signatures[1]], signatures)
    assert matches_any(iter(["x", signatures[0]]), iter(signatures))
    for claims in (
        [],
        [""],
        ["é"],
        ["\ud800"],
        [signatures[0][:-1]],
        [signatures[0].upper()],
        [hex_signature("other", b"message")],
    ):
        assert not matches_any(claims, signatures)


def test_without_a_secret_nothing_is_genuine() -> None:
    assert not matches_any(["", hex_signature("", b"message")], [])


def test_no_proof_is_compared_character_by_character() -> None:
    """How long `==` takes says how many characters fit."""
    nodes = [*ast.walk(ast.parse(inspect.getsource(matches_any)))]
    assert [ast.unparse(node) for node in nodes if isinstance(node, ast.Compare)] == []
    assert "hmac.compare_digest" in {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
