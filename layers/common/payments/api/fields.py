"""Types of request fields, and for each the text with which an error describes its form."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

_INSTANT = re.compile(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)", re.ASCII)
_NO_CHARACTERS = frozenset({"Cc", "Cs", "Co"})  # Unicode categories: controls, surrogates, private use.
_JOINERS = "\u200c\u200d"  # Part of how some Indian scripts and emoji are written.


def _printable(text: str) -> str:
    if not all(char.isprintable() or char in _JOINERS for char in text):
        raise ValueError("not printable")
    return text


def _readable(text: str) -> str:
    if any(unicodedata.category(char) in _NO_CHARACTERS for char in text):
        raise ValueError("not readable")
    return text


def _require_written(text: str) -> str:
    if text and not text.strip(" " + _JOINERS):  # The only printable characters that show nothing.
        raise ValueError("blank")
    return text


def _not_ours(order_id: str) -> str:
    if order_id.startswith(OUR_ORDERS):
        raise ValueError("ours")
    return order_id


def _instant(value: Any) -> datetime:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("not an instant")
    return datetime.fromisoformat(value).astimezone(UTC)


def read_whole(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch("[0-9]{1,3}", value):
        raise ValueError("not a whole number")
    return int(value)


def read_minor(value: Any) -> int:
    if not isinstance(value, str) or not re.fullmatch("[1-9][0-9]{0,7}", value):
        raise ValueError("not minor units")
    return int(value)


AMOUNT_FORM = 'an integer in the minor unit: "amount": 49900 means Rs 499.00; 1 to 99999999'
CURRENCY_FORM = 'an ISO 4217 code of 3 upper-case letters: "INR"'
INSTANT_FORM = 'a UTC time of the years 2000 to 2999: "2026-11-20T00:00:00Z"'

Amount = Annotated[int, Field(ge=1, le=99_999_999, description=AMOUNT_FORM, examples=[49900])]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description=CURRENCY_FORM, examples=["INR"])]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Printable = Annotated[str, AfterValidator(_printable)]
Written = Annotated[Printable, AfterValidator(_require_written)]  # Stored forever, so it must not be blank.
Readable = Annotated[str, AfterValidator(_readable)]  # Names of people and things.
OUR_ORDERS = "sub_"  # Prefix of subscriptions' orders.
OrderId = Annotated[str, Field(pattern="^[!-~]([ -~]{0,48}[!-~])?$")]
NewOrderId = Annotated[OrderId, AfterValidator(_not_ours)]
ORDER_ID_FORM = "1 to 50 visible ASCII characters, with spaces only between them: your own id of the order"
NEW_ORDER_ID_FORM = f"{ORDER_ID_FORM}; it must not begin with {OUR_ORDERS}"


GatewayName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,31}$", examples=["phonepe"])]
GATEWAY_FORM = 'a gateway\'s name: "phonepe"'
Method = Literal["upi", "card", "netbanking", "wallet", "paypal", "emi"]
WHY_FORM = "why; 1 to 250 printable characters, not only spaces, kept for ever"
METHOD_FORM = "one of upi, card, netbanking, wallet, paypal, emi"
SourceToken = Annotated[str, Field(pattern="^[A-Za-z0-9_:.-]{4,255}$")]
ProofValue = Annotated[Printable, Field(min_length=1, max_length=512)]
MetadataKey = Annotated[str, Field(pattern="^[A-Za-z0-9_]{1,40}$")]
MetadataValue = Annotated[Readable, Field(max_length=256)]


def refuse_null(value: Any) -> Any:
    if value is None:
        raise ValueError("null")
    return value


def never_null(schema: dict[str, Any]) -> None:
    schema.update(schema.pop("anyOf")[0])
    del schema["default"]
