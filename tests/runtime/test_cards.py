from __future__ import annotations

import pytest

from payments.runtime.cards import refuse_cards
from payments.runtime.errors import Refusal


def test_a_refusal_says_nothing_of_what_was_found() -> None:
    with pytest.raises(Refusal) as refused:
        refuse_cards({"note": "4111111111111111"})
    assert (refused.value.code, refused.value.message, refused.value.details) == ("raw_card_data_rejected", "", {})


def test_a_long_text_of_digits_is_read_in_linear_time() -> None:
    refuse_cards({"text": "1 " * 30_000})


@pytest.mark.parametrize("name", ["pay_", "dsp_", "apr_", "amount_mismatch:pay_", "refund_mismatch:rfd_"])
def test_our_own_ids_are_no_cards_whatever_their_digits(name: str) -> None:
    refuse_cards([f"{name}0{'4111111111111111'}ABCDEFGH9"])
    with pytest.raises(Refusal):
        refuse_cards([f"{name}4111111111111111"])
