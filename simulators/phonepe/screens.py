"""Screens of the pay page, filled into templates. Every value is escaped unless it is markup made here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from simulators.kit.qr import MAX_BYTES, qr_svg
from simulators.phonepe.records import COMPLETED, Order
from simulators.phonepe.settings import Settings

ERROR_MARK = 'role="alert"'
_TEMPLATES = Path(__file__).parent / "templates"
_VPA = re.compile(r"[A-Za-z0-9.\-_]{2,64}@[A-Za-z0-9]{2,32}")


def looks_like_vpa(text: str) -> bool:
    return bool(_VPA.fullmatch(text))


def rupees(paise: int) -> str:
    """₹ with Indian grouping: 1,23,45,678.90"""
    whole, rest = divmod(paise, 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    pairs = re.findall(r"\d{1,2}(?=(?:\d\d)*$)", head)
    return f"₹{','.join([*pairs, tail])}.{rest:02d}"


def minutes(seconds: float) -> str:
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


@dataclass(frozen=True, slots=True)
class Screen:
    settings: Settings
    order: Order
    left_seconds: float
    speed: float
    url: str = ""

    def ways(self, error: str = "", way: str = "upi", vpa: str = "") -> str:
        is_open = {f"open_{name}": "open" if name == way else "" for name in ("upi", "qr", "card", "bank")}
        parts = {"error": _error(error), "amount": rupees(self.order.amount), "vpa": escape(vpa), "qr": self._qr()}
        return self._page("Pay", _fill("ways.html", **is_open, **parts))

    def otp(self, last_digits: str, error: str = "") -> str:
        amount = rupees(self.order.amount)
        content = _fill("otp.html", error=_error(error), last_digits=escape(last_digits), amount=amount)
        return self._page("One-time password", content)

    def waiting(self) -> str:
        explanation = "Approve the request in your UPI app. The order stays open until then, or until its time is over."
        content = self._result("", "&#8987;", "Waiting for your approval", explanation)
        return self._page("Waiting", content, refresh_after=12)

    def closed(self) -> str:
        if self.order.state == COMPLETED:
            content = self._result("good", "&#10003;", "Payment received", "This order is paid.")
        elif self.order.failure and self.order.failure.detailed_code == "ORDER_EXPIRED":
            content = self._result("bad", "&times;", "Time is over", "This order expired before it was paid.")
        else:
            content = self._result("bad", "&times;", "Payment not made", "This order has ended without a payment.")
        return self._page("Order closed", content)

    def _page(self, title: str, content: str, refresh_after: int = 0) -> str:
        order, name = self.order, self.settings.merchant_name
        refresh = f'<meta http-equiv="refresh" content="{refresh_after};url={escape(order.redirect_url)}">'
        return _fill(
            "page.html",
            title=f"{title} · {escape(name)} · simulator",
            refresh=refresh if refresh_after and order.redirect_url else "",
            css=_template("pay.css"),
            script=_template("pay.js"),
            initial=escape(name[:1].upper()),
            merchant=escape(name),
            merchant_id=escape(self.settings.merchant_id),
            amount=rupees(order.amount),
            message=escape(order.message) or "Total to pay",
            order_id=escape(order.id),
            countdown=self._countdown() if order.is_open else "",
            content=content,
        )

    def _countdown(self) -> str:
        left = f"{self.left_seconds:.1f}"
        return _fill("countdown.html", left=left, speed=f"{self.speed:g}", left_text=minutes(self.left_seconds))

    def _qr(self) -> str:
        return qr_svg(self.url, "QR code of this page") if 0 < len(self.url.encode()) <= MAX_BYTES else ""

    def _result(self, tone: str, sign: str, headline: str, explanation: str) -> str:
        url = escape(self.order.redirect_url)
        back = f'<a class="pay" href="{url}">Back to {escape(self.settings.merchant_name)}</a>' if url else ""
        return _fill("result.html", tone=tone, sign=sign, headline=headline, explanation=explanation, back=back)


def unknown() -> str:
    return "<!doctype html><html lang=en><title>No such order</title><p>No order waits at this address.</p></html>"


def _error(text: str) -> str:
    return f'<p class="error" {ERROR_MARK}>{escape(text)}</p>' if text else ""


def _fill(name: str, **values: str) -> str:
    return Template(_template(name)).substitute(values)


@cache
def _template(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")
