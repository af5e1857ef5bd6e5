"""Tokens that read one payment, and nothing that looks like one."""

from __future__ import annotations

import pytest

from payments.domain.values.checkout_tokens import (
    CHECKOUT,
    RETURN,
    checkout_token,
    fingerprint,
    is_one_of,
    return_token,
    workspace_of,
)

SECRET = "0123456789abcdef" * 4
TOKEN = checkout_token(SECRET, "ws_shop")
GOING_BACK = return_token(TOKEN, "ws_shop")


@pytest.mark.parametrize(
    ("token", "kind", "workspace_id"),
    [
        (TOKEN, CHECKOUT, "ws_shop"),
        (GOING_BACK, RETURN, "ws_shop"),
        (TOKEN, RETURN, ""),
        (GOING_BACK, CHECKOUT, ""),
        (checkout_token(SECRET[1:], "ws_shop"), CHECKOUT, ""),
        (checkout_token(SECRET + "0", "ws_shop"), CHECKOUT, ""),
        ("ws_" + SECRET + ".ws_shop", CHECKOUT, ""),
        (checkout_token(SECRET, "ws.shop"), CHECKOUT, "ws.shop"),
        (TOKEN.partition(".")[0], CHECKOUT, ""),
        ("", CHECKOUT, ""),
    ],
)
def test_a_token_names_its_workspace_to_its_own_purpose_alone(token: str, kind: str, workspace_id: str) -> None:
    assert workspace_of(token, kind) == workspace_id


def test_a_return_token_is_made_of_the_checkout_token_and_does_not_give_it_away() -> None:
    assert return_token(checkout_token(SECRET, "ws_other"), "ws_shop") != GOING_BACK
    assert SECRET not in GOING_BACK
    assert fingerprint(TOKEN) not in GOING_BACK, "what is kept of one token is not the other"


def test_a_token_is_known_by_any_of_the_fingerprints_that_are_stored() -> None:
    first, second = fingerprint("first"), fingerprint("second")
    assert [is_one_of(token, (first, second)) for token in ("first", "second", "third", "", first)] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert not is_one_of("first", ())
