"""Screens of the pay page, filled into templates. Every value is escaped unless it is markup made here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from gateway_simulators.kit.qr import qr_svg
from gateway_simulators.kit.screens import Brand, Frame, error_line, fill, money_text, result, template
from gateway_simulators.phonepe.records import COMPLETED, Order
from gateway_simulators.phonepe.settings import Settings

_TEMPLATES = Path(__file__).parent / "templates"
_WAITS_S = 12
_VPA = re.compile(r"[A-Za-z0-9.\-_]{2,64}@[A-Za-z0-9]{2,32}")


def looks_like_vpa(text: str) -> bool:
    return bool(_VPA.fullmatch(text))


@dataclass(frozen=True, slots=True)
class Screen:
    settings: Settings
    order: Order
    left_seconds: float
    speed: float
    url: str = ""

    def ways(self, error: str = "", way: str = "upi", vpa: str = "") -> str:
        is_open = {f"open_{name}": "open" if name == way else "" for name in ("upi", "qr", "card", "bank")}
        parts = {"error": error_line(error), "amount": self._amount, "vpa": escape(vpa), "qr": self._qr()}
        return self._page("Pay", _fill("ways.html", **is_open, **parts))

    def otp(self, last_digits: str, error: str = "") -> str:
        amount = self._amount
        content = _fill("otp.html", error=error_line(error), last_digits=escape(last_digits), amount=amount)
        return self._page("One-time password", content)

    def waiting(self) -> str:
        explanation = (
            "Approve the request in your UPI app. The order stays open until then, or until its time is over. "
            f"In {_WAITS_S} seconds this page goes back to the merchant."
        )
        return self._result("", "Waiting for your approval", explanation, "Waiting", _WAITS_S)

    def closed(self) -> str:
        if self.order.state == COMPLETED:
            return self._result("good", "Payment received", "This order is paid.")
        if self.order.failure and self.order.failure.detailed_code == "ORDER_EXPIRED":
            return self._result("bad", "Time is over", "This order expired before it was paid.")
        return self._result("bad", "Payment not made", "This order has ended without a payment.")

    def _result(
        self, tone: str, headline: str, explanation: str, title: str = "Order closed", back_after: int = 0
    ) -> str:
        content = result(self._brand, tone, headline, explanation, self.order.redirect_url, back_after)
        return self._page(title, content)

    def _page(self, title: str, content: str) -> str:
        left_seconds = self.left_seconds if self.order.is_open else None
        order, caption = "" if self.order.message else self.order.id, self.order.message
        frame = Frame(self._brand, self._amount, order, caption, left_seconds, self.speed)
        return frame.page(title, content)

    @property
    def _brand(self) -> Brand:
        merchant_note = f"Merchant {self.settings.merchant_id}"
        return Brand("PhonePe", self.settings.merchant_name, merchant_note, "#5a2a9d", "#3d1a70", "en-IN")

    @property
    def _amount(self) -> str:
        return money_text(self.order.amount, "INR")

    def _qr(self) -> str:
        return qr_svg(self.url, "QR code of this page") if self.url else ""


def _fill(name: str, **values: str) -> str:
    return fill(template(name, _TEMPLATES), **values)
