"""The one JSON secret of a gateway, and proofs under what is in it."""

from __future__ import annotations

import hmac
from base64 import b64encode

import pytest

from payments.gateways.contract import Rejected
from payments.gateways.proofs import base64_proof, hex_proof, is_among
from payments.gateways.secret import begins, require, require_beginning, text_in, texts_in


@pytest.mark.parametrize("value", [None, 5, "", [], {}, True])
def test_an_entry_that_is_no_text_is_none(value: object) -> None:
    assert text_in({"key": value}, "key") == text_in({}, "key") == ""
    assert texts_in({"keys": ["a", value, "b"]}, "keys") == ("a", "b")
    assert texts_in({"keys": value}, "keys") == texts_in({}, "keys") == texts_in({"keys": "ab"}, "keys") == ()


def test_whatever_is_missing_is_called_by_its_name() -> None:
    require("Sim", client_id="a", client_secret="b")
    with pytest.raises(Rejected, match="Sim's credentials are not set: client_id and client_secret in its secret"):
        require("Sim", client_id="", client_secret="", merchant_id="m")


@pytest.mark.parametrize("key", ["", "sk_live_1", "sk_test_", "sk_test_ 1", "sk_test_1\n", " sk_test_1", "sk.test_1"])
def test_a_key_of_the_other_mode_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(Rejected) as raised:
        require_beginning("Sim", "sandbox", ("sk_test_", "rk_test_"), secret_key=key)
    said = "Sim's secret_key does not fit GATEWAY_MODE sandbox: it must begin with sk_test_ or rk_test_"
    assert str(raised.value) == said
    require_beginning("Sim", "sandbox", ("sk_test_", "rk_test_"), secret_key="rk_test_1")
    assert not begins("x" + key, ("sk_test_",))


def test_a_proof_is_the_hmac_of_the_message() -> None:
    digest = hmac.new(b"key", b"message", "sha256").digest()
    assert hex_proof("key", b"message") == digest.hex()
    assert base64_proof("key", b"message") == b64encode(digest).decode()


def test_any_claim_may_fit_any_secret_in_use() -> None:
    proofs = [hex_proof(key, b"message") for key in ("old", "new")]
    assert is_among(["", proofs[1]], proofs)
    assert is_among(iter(["x", proofs[0]]), iter(proofs))
    for claims in (
        [],
        [""],
        ["é"],
        ["\ud800"],
        [proofs[0][:-1]],
        [proofs[0].upper()],
        [hex_proof("other", b"message")],
    ):
        assert not is_among(claims, proofs)


def test_without_a_secret_nothing_is_genuine() -> None:
    assert not is_among(["", hex_proof("", b"message")], [])
