"""PayPal's JSON of disputes: a summary in lists, all fields by id."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from gateway_simulators.paypal.errors import refusal
from gateway_simulators.paypal.money import to_value
from gateway_simulators.paypal.records import Capture, Dispute, Order
from gateway_simulators.paypal.settings import DAY, Settings
from gateway_simulators.paypal.views import time_text

PATH = "/v1/customer/disputes"
_PAGE_USUAL, _PAGE_MAX = 10, 50
_REACH_SECONDS = 180 * DAY
_STATES = {"OPEN": "OPEN_INQUIRIES", "WAITING_FOR_SELLER_RESPONSE": "REQUIRED_ACTION", "RESOLVED": "RESOLVED"}
_KNOWN = {"start_time", "disputed_transaction_id", "page_size", "next_page_token", "dispute_state"}
_KNOWN |= {"update_time_before", "update_time_after"}


def dispute_brief(order: Order, dispute: Dispute, settings: Settings) -> dict[str, Any]:
    return {
        "dispute_id": dispute.ref,
        "create_time": time_text(dispute.opened_at),
        "update_time": time_text(dispute.updated_at),
        "reason": dispute.reason,
        "status": dispute.status,
        "dispute_state": _STATES[dispute.status],
        "dispute_amount": to_value(dispute.amount, order.currency),
        "dispute_life_cycle_stage": dispute.stage,
        "dispute_channel": "INTERNAL",
        "seller_response_due_date": time_text(dispute.respond_by),
        "links": [_link(f"{settings.origin}{PATH}/{dispute.ref}", "self")],
    }


def dispute_view(order: Order, capture: Capture, dispute: Dispute, settings: Settings) -> dict[str, Any]:
    transaction = {
        "buyer_transaction_id": f"B{capture.ref[1:]}",
        "seller_transaction_id": capture.ref,
        "create_time": time_text(capture.at),
        "transaction_status": capture.status,
        "gross_amount": to_value(capture.amount, order.currency),
        "seller": {"merchant_id": settings.merchant_id, "name": settings.merchant_name},
    }
    if settings.echoes_in_disputes and order.custom_id:
        transaction["custom"] = order.custom_id
    view = dispute_brief(order, dispute, settings) | {"disputed_transactions": [transaction]}
    if dispute.outcome:
        view["dispute_outcome"] = {"outcome_code": dispute.outcome}
    if dispute.movements:
        view["money_movements"] = [
            {
                "affected_party": "SELLER",
                "amount": to_value(minor, order.currency),
                "initiated_time": time_text(at),
                "type": kind,
                "reason": "DISPUTE_SETTLEMENT",
            }
            for kind, minor, at in dispute.movements
        ]
    if not dispute.outcome and dispute.stage != "INQUIRY":
        view["links"].append(_link(f"{settings.origin}{PATH}/{dispute.ref}/accept-claim", "accept_claim", "POST"))
    return view


class Search:
    """The query of a list: newest first, in pages."""

    def __init__(self, query: Mapping[str, str], now: float) -> None:
        self._query, self._now = query, now
        for name in sorted(set(query) - _KNOWN):
            raise refusal("INVALID_PARAMETER_SYNTAX", name)
        if "start_time" in query and "disputed_transaction_id" in query:
            raise refusal("INVALID_PARAMETER_VALUE", "start_time")
        self.size = self._size()
        self.offset = self._offset()
        self._started = self._time("start_time", now - _REACH_SECONDS)
        self._after = self._time("update_time_after", now - _REACH_SECONDS)
        self._before = self._time("update_time_before", now)

    def finds(self, dispute: Dispute) -> bool:
        is_of = self._query.get("disputed_transaction_id", dispute.capture_ref) == dispute.capture_ref
        is_then = dispute.opened_at >= self._started and self._after <= dispute.updated_at <= self._before
        state = _STATES[dispute.status]
        return is_of and is_then and state in self._query.get("dispute_state", state).split(",")

    def links(self, count: int, origin: str) -> list[dict[str, Any]]:
        links = [_link(f"{origin}{PATH}", "self")]
        if self.offset + self.size < count:
            token = urlsafe_b64encode(f"page:{self.offset + self.size}".encode()).decode()
            links.append(_link(f"{origin}{PATH}?{urlencode({'next_page_token': token}, quote_via=quote)}", "next"))
        return links

    def _size(self) -> int:
        text = self._query.get("page_size", str(_PAGE_USUAL))
        if not text.isdecimal() or not 1 <= int(text) <= _PAGE_MAX:
            raise refusal("INVALID_PARAMETER_VALUE", "page_size", text)
        return int(text)

    def _offset(self) -> int:
        token = self._query.get("next_page_token", "")
        try:
            kind, _, number = urlsafe_b64decode(token).decode().partition(":") if token else ("page", "", "0")
        except (NotBase64, ValueError):
            kind, number = "", ""
        if kind != "page" or not number.isdecimal():
            raise refusal("INVALID_PARAMETER_VALUE", "next_page_token", token)
        return int(number)

    def _time(self, name: str, usual: float) -> float:
        text = self._query.get(name)
        if text is None:
            return usual
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise refusal("INVALID_PARAMETER_SYNTAX", name, text) from None
        if at.tzinfo is None:
            raise refusal("INVALID_PARAMETER_SYNTAX", name, text)
        if at.timestamp() < self._now - _REACH_SECONDS:
            raise refusal("INVALID_PARAMETER_VALUE", name, text)
        return at.timestamp()


def _link(href: str, rel: str, method: str = "GET") -> dict[str, Any]:
    return {"href": href, "rel": rel, "method": method}
