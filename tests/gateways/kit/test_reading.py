"""Reading unchecked fields of an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from payments.domain.values.status import FailureCode
from payments.gateways.kit.reading import (
    by_code,
    code_of,
    currency_in,
    message_of,
    object_in,
    object_of,
    objects_of,
    our_id,
    require_match,
    require_text,
    text_of,
    time_of,
    whole_of,
)

AT = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
HALF_PAST = AT.replace(microsecond=500_000)
NO_TEXTS: tuple[object, ...] = (None, 5, True, [], {}, "a\nb", "\u202e", "a\x00")
NO_NUMBERS: tuple[object, ...] = (None, "5", 5.0, True, -1, 10**14, [])
FIELDS: list[tuple[Callable[..., object], object, object]] = [
    (text_of, "a b", "a b"), (text_of, "é", "é"),
    *((text_of, wrong, "") for wrong in NO_TEXTS),
    (code_of, "CARD_DECLINED", "CARD_DECLINED"), (code_of, "1234567", "1234567"), (code_of, "x" * 90, "x" * 64),
    *((code_of, wrong, "") for wrong in (None, 5, "", "two words", "a@b.example", "12345678", "x41111111", "é")),
    (code_of, "a.b-c", "a.b-c"), (code_of, "1234567a1234567", "1234567a1234567"),
    (our_id, "att_01JD", "att_01JD"), (our_id, "a-b", "a-b"), (our_id, "a" * 63, "a" * 63),
    *((our_id, wrong, "") for wrong in (None, 5, "", "a" * 64, "../x", "a b")),
    (whole_of, 0, 0), (whole_of, 49900, 49900), (whole_of, 10**14 - 1, 10**14 - 1),
    *((whole_of, wrong, None) for wrong in NO_NUMBERS),
    (time_of, "2026-11-20T10:30:00Z", AT), (time_of, "2026-11-20T16:00:00+05:30", AT),
    (time_of, "2026-11-20T10:30:00.000000999Z", AT), (time_of, "2026-11-20T10:30:00.5Z", HALF_PAST),
    *((time_of, wrong, None) for wrong in (None, 5, "", "2026-11-20", "2026-11-20T10:30:00", "soon")),
    (time_of, "0001-01-01T00:00:00+05:30", None),
    (message_of, "Card 4111 1111 1111 1111 of 98123-45678", "Card (number) of (number)"),
    (message_of, "in 30 s", "in 30 s"), (message_of, "x" * 400, "x" * 300), (message_of, 5, ""),
]  # fmt: skip


@pytest.mark.parametrize(("read", "value", "meant"), FIELDS)
def test_a_field_is_what_it_should_be_or_nothing(read: Callable[..., object], value: object, meant: object) -> None:
    assert read({"field": value}, "field") == meant


@pytest.mark.parametrize("read", [text_of, code_of, our_id, whole_of, time_of, message_of])
def test_a_missing_field_is_nothing(read: Callable[..., object]) -> None:
    assert not read({}, "field")


@pytest.mark.parametrize("value", [None, 5, "", "a\nb", "A B"])
def test_what_we_cannot_do_without_is_requested_by_its_name(value: object) -> None:
    with pytest.raises(ValueError, match="field"):
        require_match({"field": value}, "field", re.compile("[A-Z]+"))
    if value != "A B":
        with pytest.raises(ValueError, match="field"):
            require_text({"field": value}, "field")
    assert require_text({"field": "A"}, "field") == require_match({"field": "A"}, "field", re.compile("[A-Z]+")) == "A"


@pytest.mark.parametrize("value", [None, 5, "x", [], [{"a": 1}]])
def test_what_is_no_object_is_an_empty_one(value: object) -> None:
    assert object_of(value) == {}
    assert object_of({"a": 1}) == {"a": 1}


def test_a_list_keeps_the_place_of_what_is_no_object() -> None:
    assert objects_of([{"a": 1}, None, "x"]) == [{"a": 1}, {}, {}]
    assert objects_of(None) == objects_of({}) == objects_of("ab") == []


@pytest.mark.parametrize("body", [b"", b"<xml/>", b"[]", b"1", b"\xff", b"[" * 100_000])
def test_a_body_without_sense_is_an_empty_object(body: bytes) -> None:
    assert object_in(body) == {}
    assert object_in(b'{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("text", ["usd", "US", "USDX", "4111111111111111", "", "US\n", "\uff35\uff33\uff24"])
def test_what_is_no_currency_is_no_text_of_theirs_either(text: str) -> None:
    assert currency_in(text) == "XXX"
    assert currency_in("USD") == "USD"


def test_a_table_of_words_is_turned_round() -> None:
    table = {FailureCode.EXPIRED: "late", FailureCode.DECLINED: "no  never"}
    assert by_code(table) == {
        "late": FailureCode.EXPIRED, "no": FailureCode.DECLINED, "never": FailureCode.DECLINED,
    }  # fmt: skip
