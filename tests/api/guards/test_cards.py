from __future__ import annotations

import random
import string
import time
import uuid
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from payments.api.errors import Refusal
from payments.api.guards.cards import refuse_cards
from payments.runtime.card_numbers import has_card_number
from payments.runtime.issuers import LENGTH_MIN, PREFIX_DIGITS_MAX, TABLE, Issuer

EACH = 10_000
# Of the first two digits of an IMEI: the body that allotted it (GSMA TS.06).
REPORTING_BODIES = (
    "01",
    "10",
    "30",
    "33",
    "35",
    "44",
    "45",
    "49",
    "50",
    "51",
    "52",
    "53",
    "54",
    "86",
    "91",
    "98",
    "99",
)
FILLERS = [
    "5 ", "55 ", "4111 ", "4111", "4", "4-", "4. - ", "4   ", "4/", "1111/", "4111_", "378282 ", "x4", "4111x", "a",
    " ", "%", "%34", "4%20", "\uff14 ", "\u0315\u0300", "\ufdfa", "\u200b4", "5f0c6a1e-", "2026-11-20 ",
    "\U0001f642", "/_,+|:",
]  # fmt: skip


def with_check_digit(digits: str) -> str:
    return next(f"{digits}{check}" for check in string.digits if passes_luhn(f"{digits}{check}"))


def passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def a_card(issuer: Issuer, rng: random.Random) -> str:
    low, high = rng.choice(issuer.prefixes)
    prefix = f"{rng.randint(int(low), int(high)):0{len(low)}d}"
    missing = rng.choice(sorted(issuer.lengths)) - len(prefix) - 1
    return with_check_digit(prefix + "".join(rng.choices(string.digits, k=missing)))


def spellings(card: str) -> list[str]:
    fours = [card[at : at + 4] for at in range(0, len(card), 4)]
    pairs = [card[at : at + 2] for at in range(0, len(card), 2)]
    printed = [card[:4], card[4:10], card[10:]]
    grouped = [
        mark.join(groups) for mark in (" ", "-", ".", "  ", " - ") for groups in (fours, pairs, printed, [*card])
    ]
    return [card, *grouped, quote(" ".join(fours)), f"paid by {card}, thanks", f"ref 12 {' '.join(fours)} 12/27"]


def milliseconds(rng: random.Random) -> str:
    return f"ORDER_{rng.randint(1_700_000_000_000, 1_999_999_999_999)}"


def ean_13(rng: random.Random) -> str:
    digits = "".join(rng.choices(string.digits, k=12))
    weighted = sum(int(digit) * (1 + 2 * (place % 2)) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


def imei(rng: random.Random) -> str:
    return with_check_digit(rng.choice(REPORTING_BODIES) + "".join(rng.choices(string.digits, k=12)))


def dated_number(rng: random.Random) -> str:
    day = date(2000, 1, 1) + timedelta(days=rng.randrange(36_000))
    return f"{day:%Y%m%d}{rng.choice(('', '-', ' '))}{rng.randrange(10**8):0{rng.choice((4, 6, 8))}d}"


def hex_uuid(rng: random.Random) -> str:
    made = uuid.UUID(int=rng.getrandbits(128), version=4)
    return rng.choice((str(made), made.hex, f"order {made}", f"{made} {made.hex}"))


@pytest.mark.parametrize("make", [milliseconds, ean_13, imei, dated_number, hex_uuid])
def test_no_honest_number_is_refused(make: Any) -> None:
    rng = random.Random(f"honest {make.__name__}")
    numbers = {make(rng) for _ in range(EACH)}
    assert len(numbers) > EACH * 0.99
    assert [number for number in numbers if has_card_number(number)] == []


def test_no_card_of_the_table_passes_however_it_is_written() -> None:
    rng = random.Random("cards")
    cards = [a_card(issuer, rng) for issuer in TABLE for _ in range(14)]
    assert len(set(cards)) >= 200
    assert [text for card in cards for text in spellings(card) if not has_card_number(text)] == []


# The first digits with which each network's ranges begin and end, and the lengths of its numbers: written down apart
# from the table, so that a range that shrinks is noticed.
NETWORKS = (
    ("4000 4999", (16, 19)),  # Visa
    ("5100 5599 222100 222999 223000 229999 2300 2699 2700 2719 272099", (16,)),  # Mastercard
    ("3400 3499 3700 3799", (15,)),  # American Express
    ("6011 6440 6499 6500 6599", (16, 17, 18, 19)),  # Discover
    ("3000 3059 3095 3600 3699 3800 3999", (14, 16, 17, 18, 19)),  # Diners Club
    ("3528 3589", (16, 17, 18, 19)),  # JCB
    ("6200 6299 8100 8179", (16, 17, 18, 19)),  # UnionPay
    ("5080 5089 6000 6099 6500 6599 8100 8199 8200 8299 3530 3569", (16,)),  # RuPay
    ("5018 5020 5038 5893 6304 6759 6761 6763", (16, 17, 18, 19)),  # Maestro
    ("506699 506778 5090 5099 636297 636368", (16,)),  # Elo
    ("606282", (16,)),  # Hipercard
    ("2200 2204", (16, 17, 18, 19)),  # Mir
    ("9792", (16,)),  # Troy
    ("5019", (16,)),  # Dankort
    ("506099 506198 650002 650027", (16, 18, 19)),  # Verve
)


@pytest.mark.parametrize(("first_digits", "lengths"), NETWORKS)
def test_a_networks_numbers_are_cards_to_both_ends_of_its_ranges(first_digits: str, lengths: tuple[int, ...]) -> None:
    cards = [with_check_digit(f"{first:0<{length - 1}}") for first in first_digits.split() for length in lengths]
    assert [card for card in cards if not has_card_number(card)] == []


@pytest.mark.parametrize("first_digits", ["222099", "272100", "5000", "3527", "3590", "7000", "2205", "506779"])
def test_beside_a_range_no_number_is_a_card(first_digits: str) -> None:
    assert not has_card_number(with_check_digit(f"{first_digits:0<15}"))


@pytest.mark.parametrize(
    "text",
    [
        "4222222222222",  # Visa has no 13 digits any more.
        "1795170600005",
        "411111111111111111",  # Visa has no numbers of this length, whatever the check digit.
        "4111111111111112",  # A check digit that is wrong.
        "135410014004955",  # UATP.
        "9999999999999995",  # No issuer's.
        "41111111111111111111",
    ],
)
def test_what_no_issuer_gives_out_is_no_card(text: str) -> None:
    assert not has_card_number(text)


def test_a_uuid_is_no_card_whatever_its_digits() -> None:
    digits = "4111111511114111"
    named = f"{digits[:8]}-{digits[8:12]}-{digits[12:]}"
    assert has_card_number(digits)
    assert has_card_number(named)
    assert not has_card_number(f"{named}-8abc-def012345678")
    assert not has_card_number(f"order {named}-8ABC-DEF012345678 is paid")
    assert has_card_number(f"{named}-8abc-def012345678 {digits}")


@pytest.mark.parametrize("text", ["x{}", "{}x", "x{}x", "é{}", "{}क", "Ⅳ{}"])
def test_digits_that_touch_a_letter_are_in_no_card(text: str) -> None:
    assert has_card_number("4111111111111111")
    assert not has_card_number(text.format("4111111111111111"))


@pytest.mark.parametrize("filler", FILLERS, ids=ascii)
def test_eight_times_the_text_takes_about_eight_times_the_time(filler: str) -> None:
    eighth, whole = ((filler * size)[:size] for size in (8 * 1024, 64 * 1024))
    best = {eighth: float("inf"), whole: float("inf")}
    # Other work on this machine only adds time: the smallest measurement of each is what the text costs.
    for _ in range(40):
        for text in best:
            start = time.process_time()
            refuse_cards({"note": text})
            best[text] = min(best[text], time.process_time() - start)
        if best[whole] <= 2.2**3 * best[eighth]:  # At most 2.2 for each doubling.
            return
    raise AssertionError(f"{best[whole] / best[eighth]:.2f} times the time for eight times the text")


def test_no_text_of_the_greatest_body_takes_long() -> None:
    texts = [(filler * 65_536)[:65_536] for filler in FILLERS]
    start = time.process_time()
    assert not any(has_card_number(text) for text in texts)
    assert (time.process_time() - start) / len(texts) < 0.5


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"metadata": {"note": "4111111111111111"}}, "metadata.note"),
        ({"metadata": {"line_2": "4111 1111 1111 1111"}}, "metadata.line_2"),
        ({"metadata": {"4111111111111111": "x"}}, "metadata.(unnamed)"),
        ({"metadata": {"a4111111111111111": "4111111111111111"}}, "metadata.(unnamed)"),
        ({"customer": {"cvv": ""}}, "customer.cvv"),
        ({"a": [1, {"b": "4111111111111111"}]}, "a.1.b"),
        ({"amount": 4111111111111111}, "amount"),
        ({"first": "4111111111111111", "second": "4111111111111111"}, "first"),
    ],
)
def test_a_refusal_names_the_field_and_nothing_of_what_was_found(body: Any, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        refuse_cards(body)
    assert (refused.value.api_code, refused.value.details) == ("raw_card_data_rejected", {"field": field})
    assert refused.value.message.startswith(f"{field}: ")
    assert "4111" not in refused.value.message


@pytest.mark.parametrize("name", ["pay_", "dsp_", "apr_", "amount_mismatch:pay_", "refund_mismatch:rfd_"])
def test_our_own_ids_are_no_cards_whatever_their_digits(name: str) -> None:
    refuse_cards({"id": f"{name}0{'4111111111111111'}ABCDEFGH9"})
    with pytest.raises(Refusal):
        refuse_cards({"id": f"{name}4111111111111111"})


def test_the_table_is_what_the_reader_expects_of_it() -> None:
    for issuer in TABLE:
        assert min(issuer.lengths) >= LENGTH_MIN
        assert issuer.source
        assert all(len(low) == len(high) <= PREFIX_DIGITS_MAX and low <= high for low, high in issuer.prefixes)
