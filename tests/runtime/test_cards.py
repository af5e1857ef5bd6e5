from __future__ import annotations

from typing import Any

import pytest

from payments.runtime.cards import has_card_number, is_card_key, refuse_cards
from payments.runtime.errors import Refusal

CARD_TEXTS = [
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111.1111.1111.1111",
    "4111  1111  1111  1111",
    "4111 - 1111 - 1111 - 1111",
    "4111\t1111\n1111\r1111",
    "4111\u00a01111\u00a01111\u00a01111",
    "4111\u20131111\u20131111\u20131111",
    "4111\u22121111\u22121111\u22121111",
    "4111\u2022111111111111",
    "4111\u200b1111\u200b1111\u200b1111",
    "4111\u00ad1111\u00ad1111\u00ad1111",
    "4111\ufeff111111111111",
    "\uff14\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11",
    "४१११११११११११११११",
    "٤١١١١١١١١١١١١١١١",
    "৪১১১ ১১১১ ১১১১ ১১১১",
    "\U0001d7d2\U0001d7cf\U0001d7cf\U0001d7cf111111111111",
    "④①①①①①①①①①①①①①①①",
    "5555555555554444",
    "378282246310005",
    "3782 822463 10005",
    "6011111111111117",
    "3530111333300000",
    "30569309025904",
    "6521111111111110",
    "4222222222222",
    "6304000000000000000",
    "card:4111111111111111",
    "card=4111111111111111;exp=12/27",
    "x4111111111111111x",
    "order 12 4111 1111 1111 1111",
    "4111 1111 1111 1111 12/27",
    "+91 9876543210 4111111111111111",
    "https://a.example/?n=4111111111111111",
    "https://a.example/?n=4111%201111%201111%201111",
    "https://a.example/?n=4111+1111+1111+1111&z=%20",
    "%34%31%31%31111111111111",
    "1795170600005",
    "0000000000000",
    "pay_4111111111111111",
    "ct_4111111111111111",
    "pay_01M7W83120C4QADKPC3DWEA431 4111111111111111",
]

PLAIN_TEXTS = [
    "",
    "ORDER-1001",
    "4111111111111112",
    "411111111111",
    "41111111111111111111",
    "4111x1111x1111x1111",
    "+919876543210",
    "2026-11-20T10:30:00.000Z",
    "pay_01M7W83120C4QADKPC3DWEA431",
    "rfd_4111111111111111AAAAAAAAAA",
    f"ct_{'a' * 48}4111111111111111.ws_demo",
    "00000000-0000-4000-8000-000000000000",
    "a0000001-1111-4111-8111-11111111111f",
    "a bill of Rs 499.00, paid on 20.11.2026",
    "12 34 56",
]


@pytest.mark.parametrize("text", CARD_TEXTS)
def test_a_card_number_is_seen_however_it_is_written(text: str) -> None:
    assert has_card_number(text)


@pytest.mark.parametrize("text", PLAIN_TEXTS)
def test_what_is_no_card_number_passes(text: str) -> None:
    assert not has_card_number(text)


@pytest.mark.parametrize(
    "value",
    [
        {"note": "4111111111111111"},
        {"4111111111111111": "note"},
        {"a": {"b": [{"c": ["x", "4111 1111 1111 1111"]}]}},
        {"amount": 4111111111111111},
        {"amount": -4111111111111111},
        {"amount": 4111111111111111.0},
        {"amount": 6304000000000000000.0},
        ["4111111111111111"],
        {"cvv": "123"},
        {"a": [{"CVV2": 1}]},
        {"cardCvc": None},
        {"card_number": ""},
        {"Card-Number": ""},
        {"PAN": "x"},
        {"customer": {"\uff43\uff56\uff56": "123"}},
        {"security code": "1"},
    ],
)
def test_a_card_is_refused_wherever_it_hides(value: Any) -> None:
    with pytest.raises(Refusal) as refused:
        refuse_cards(value)
    assert refused.value.code == "raw_card_data_rejected"
    assert (refused.value.message, refused.value.details) == ("", {})


@pytest.mark.parametrize("name", ["name", "company", "span", "japan", "pancake", "encvvelope", "discount", "id"])
def test_a_field_that_merely_sounds_like_a_card_passes(name: str) -> None:
    assert not is_card_key(name)


def test_a_long_text_of_digits_is_read_in_linear_time() -> None:
    refuse_cards({"text": "1 " * 30_000})


@pytest.mark.parametrize("mark", list("/_,+|:"))
def test_a_card_as_it_is_printed_is_found_whatever_stands_between_its_groups(mark: str) -> None:
    assert has_card_number(mark.join(("4242", "4242", "4242", "4242")))
    assert has_card_number(f"note {mark.join(('3782', '822463', '10005'))} end")
    assert not has_card_number(mark.join(("4242", "4242", "4242", "4241")))
