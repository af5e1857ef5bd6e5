"""Empty values, and only those, are left out of an item; every record reads back unchanged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from payments.store.contract.errors import Unreadable
from payments.store.dynamodb.codec import decode, encode_item
from tests.world import World


@dataclass(frozen=True, slots=True)
class Part:
    minor: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    request: int
    version: int = 1
    captured: int = 0
    is_late: bool = False
    ref: str = ""
    note: str | None = None
    refs: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)
    part: Part = Part()


def test_an_item_has_nothing_that_is_empty_by_default() -> None:
    assert encode_item(Record(5)) == {"request": {"N": "5"}, "version": {"N": "1"}, "part": {"M": {}}}


def test_what_is_empty_where_the_default_is_not_is_written() -> None:
    emptied = Record(0, version=0, note="", part=Part(7))
    item = encode_item(emptied)
    assert item == {
        "request": {"N": "0"},
        "version": {"N": "0"},
        "note": {"S": ""},
        "part": {"M": {"minor": {"N": "7"}}},
    }
    assert decode(Record, item) == emptied


def test_what_is_not_empty_is_written_whatever_the_default() -> None:
    whole = Record(5, 2, 1, True, "r", "n", ("a", ""), {"b": ""}, Part(1))
    item = encode_item(whole)
    assert (set(item), item["refs"], item["values"]) == (
        set(Record.__dataclass_fields__), {"L": [{"S": "a"}, {"S": ""}]}, {"M": {"b": {"S": ""}}},
    )  # fmt: skip
    assert decode(Record, item) == whole


def test_a_field_that_turned_empty_again_reads_back_as_empty(world: World) -> None:
    payment = world.payment(world.initiate()["payment_id"])
    item: dict[str, Any] = encode_item(replace(payment, checkout_token_hashes=(), is_routed=False))
    assert not {"checkout_token_hashes", "is_routed"} & set(item)
    read = decode(type(payment), item)
    assert (read.checkout_token_hashes, read.is_routed, read.attempts) == ((), False, payment.attempts)


def test_an_unknown_attribute_is_passed_over() -> None:
    assert decode(Record, encode_item(Record(5)) | {"pk": {"S": "T#ws"}, "new": {"BOOL": True}}) == Record(5)


REQUESTED = {"request": {"N": "5"}}


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"request": {"N": "five"}},
        REQUESTED | {"refs": {"S": "r"}},
        REQUESTED | {"note": {"NULL": True}},
        REQUESTED | {"values": {"M": {"b": {"N": "1"}}}},
        REQUESTED | {"part": {"M": {"minor": {"N": "much"}}}},
    ],
)
def test_an_item_that_is_none_of_these_records_is_unreadable(item: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        decode(Record, item)
