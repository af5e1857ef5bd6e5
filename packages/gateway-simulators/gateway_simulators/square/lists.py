"""ListPayments and ListPaymentRefunds: parameters, time windows, and cursors that belong to one query."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway_simulators.square.errors import bad_request
from gateway_simulators.square.records import Payment, Refund

PAGE_MAX, YEAR = 100, 365 * 86400
_WINDOWS = ("begin_time", "end_time", "updated_at_begin_time", "updated_at_end_time")
_SHARED = (*_WINDOWS, "sort_order", "sort_field", "cursor", "location_id", "limit")
PAYMENTS = (*_SHARED, "total", "last_4", "card_brand")
REFUNDS = (*_SHARED, "status", "source_type")
LINKS = ("cursor", "limit")
DISPUTES = ("cursor", "states", "location_id")
Record = Payment | Refund


def check(args: Mapping[str, str], allowed: Sequence[str]) -> None:
    for name in args:
        if name not in allowed:
            raise bad_request("UNKNOWN_QUERY_PARAMETER", f"Unknown parameter {name}.", name)


def in_window(records: Iterable[Record], args: Mapping[str, str], now: float, lag: float) -> list[Any]:
    """Records in the time window, its begin included, its end excluded. The changes of the last `lag` seconds are
    missing.
    """
    begin, end = _time(args, "begin_time", now - YEAR), _time(args, "end_time", now + 1)
    changed_from, changed_to = _time(args, "updated_at_begin_time", 0), _time(args, "updated_at_end_time", now + 1)
    by_change = _one_of(args, "sort_field", ("CREATED_AT", "UPDATED_AT")) == "UPDATED_AT"
    is_newest_first = _one_of(args, "sort_order", ("DESC", "ASC")) == "DESC"
    if begin > end:
        raise bad_request("INVALID_TIME_RANGE", "begin_time is after end_time.", "begin_time")
    listed = [
        each
        for each in records
        if begin <= each.created_at < end
        and changed_from <= each.updated_at < changed_to
        and (not lag or each.created_at <= now - lag)
    ]
    return sorted(listed, key=lambda each: each.updated_at if by_change else each.created_at, reverse=is_newest_first)


def page(name: str, records: Sequence[Any], args: Mapping[str, str], view: Callable[[Any], Any]) -> dict[str, Any]:
    """One page. An empty list is left out, and so is the cursor of the last page."""
    limit, start = _limit(args), _start(args)
    shown = [view(each) for each in records[start : start + limit]]
    answer: dict[str, Any] = {name: shown} if shown else {}
    return answer | ({"cursor": _cursor(args, start + limit)} if len(records) > start + limit else {})


def is_wanted_payment(payment: Payment, args: Mapping[str, str]) -> bool:
    wanted = {"total": str(payment.amount), "last_4": payment.source.last_4, "card_brand": payment.source.brand}
    return all(args.get(name, value) == value for name, value in wanted.items())


def _limit(args: Mapping[str, str]) -> int:
    text = args.get("limit", str(PAGE_MAX))
    if not text.isdecimal() or int(text) < 1:
        raise bad_request("EXPECTED_INTEGER", "limit must be a number from 1.", "limit")
    return min(int(text), PAGE_MAX)


def _cursor(args: Mapping[str, str], start: int) -> str:
    return urlsafe_b64encode(json.dumps([start, _question(args)]).encode()).decode()


def _start(args: Mapping[str, str]) -> int:
    if not args.get("cursor"):
        return 0
    try:
        start, question = json.loads(urlsafe_b64decode(args["cursor"]))
    except ValueError:
        start, question = 0, None
    if question != _question(args):
        raise bad_request("INVALID_CURSOR", "The cursor belongs to another query.", "cursor")
    return int(start)


def _question(args: Mapping[str, str]) -> list[list[str]]:
    return sorted([name, value] for name, value in args.items() if name != "cursor")


def _time(args: Mapping[str, str], name: str, usual: float) -> float:
    if not args.get(name):
        return usual
    try:
        return datetime.fromisoformat(args[name].replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise bad_request("INVALID_TIME", "The time must be RFC 3339.", name) from None


def _one_of(args: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = args.get(name) or allowed[0]
    if value not in allowed:
        raise bad_request("INVALID_ENUM_VALUE", f"{name} must be one of {' '.join(allowed)}.", name)
    return value
