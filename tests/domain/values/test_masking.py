"""Texts of others, masked and shortened before they are shown."""

from __future__ import annotations

import pytest

from payments.domain.values.masking import WORDS_MAX, clean_words, masked, one_line

MASKED = {
    "card 4111 1111 1111 1111 declined": "card (number) declined",
    "card 4111.1111.1111.1111": "card (number)",
    "card 4111/1111/1111/1111": "card (number)",
    "card 411111\u200b1111111111": "card (number)",
    "call +91 98765 43210": "call +(number)",
    "utr 629900112233": "utr (number)",
    "for asha.r@mail.example now": "for (withheld) now",
    "for asha@okbank now": "for (withheld) now",
    "for asha%40okbank now": "for (withheld) now",
    "PAN ABCDE1234F": "PAN (withheld)",
    "otp 738261 and pin is 9071": "(withheld) and (withheld)",
    "CVV: 917": "(withheld)",
    "key sk_live_51HxYz": "key (withheld)",
    "Authorization: Bearer abcdefghij0123456789": "Authorization: (withheld)",
    "eyJhbGciOiJ6cSJ9.eyJzdWIiOiJ6cSJ9.c2ln": "(withheld)",
    "see https://pay.example/x?token=abc123": "see (link)",
    "<b>Not</b> today": "Not today",
    "secret pi_3MmlLrLkdIwHu7ix_secret_Yr0snN0B15xQ": "secret (withheld)",
    "a\nb\tc\x1b[31m": "a b c [31m",
}


@pytest.mark.parametrize("text", MASKED)
def test_what_could_be_somebodys_is_masked(text: str) -> None:
    assert clean_words(text) == MASKED[text]


UNMASKED = (
    "The refund amount provided is greater than amount captured",
    "Your account does not have enough balance to carry out the refund operation.",
    "Refund amount ($20.00) is greater than unrefunded amount on charge ($5.00)",
    "The amount must be at least INR 1.00",
    "att_01JD0000000000000000000001 has no captured payment",
    "REFUND_ERROR_PAYMENT_NEEDS_COMPLETION: Cancel the payment instead.",
    "No such charge: ch_3MmlLrLkdIwHu7ix0snN0B15",
    "No such checkout.session: 'cs_test_a1ecbb31f2b3d5e7f80912ab'",
    "Could not find payment with id: GQTFp1ZlXdpoW4o6eGiZhbjosiDFf",
    "Charge ch_SIM1 has already been refunded.",
    "Invalid API Key provided: sk_test_****",
    "It's closed: 100% sure?",
)


@pytest.mark.parametrize("text", UNMASKED)
def test_a_harmless_sentence_stays_as_it_is(text: str) -> None:
    assert clean_words(text) == text


def test_it_is_bounded_and_what_is_masked_is_masked_before_the_cut() -> None:
    assert len(clean_words("no " * 5000)) <= WORDS_MAX
    assert "4111" not in clean_words("x" * (WORDS_MAX - 6) + " 4111 1111 1111 1111")


def test_an_address_that_the_cut_of_a_line_runs_through_is_withheld_whole() -> None:
    for start in range(460, 501):
        shown = masked("x" * start + " quill.feather@kestrelmail.example", 500)
        assert "quill" not in shown
        assert len(shown) <= 500


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a " * 1000, "a " * 1000),
        ("a " * 999 + "quill@kestrelmail.example", ("a " * 999)[:-1]),
        ("a " * 999 + "b cd", "a " * 999 + "b"),
        ("x" * 2001, ""),
        ("x" * 2000, "x" * 2000),
    ],
)
def test_of_a_long_text_the_token_that_the_cut_runs_through_is_left_out(text: str, line: str) -> None:
    assert one_line(text) == line
