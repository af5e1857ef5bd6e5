"""How all pay pages look: one frame, filled from templates. Every value is escaped unless it is markup made here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template

ERROR_MARK = 'role="alert"'
_TEMPLATES = Path(__file__).parent / "templates"
_SIGNS = {"INR": "₹", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_DECIMALS = dict.fromkeys(("JPY", "KRW", "VND", "CLP", "ISK"), 0) | dict.fromkeys(("KWD", "BHD", "OMR"), 3)


@dataclass(frozen=True, slots=True)
class Brand:
    """The gateway's name and two colours, and the simulated merchant's name and id."""

    gateway: str
    merchant: str
    merchant_note: str = "Test merchant"
    colour: str = "#33415c"
    dark_colour: str = "#1b2438"
    language: str = "en"


def money_text(minor: int, currency: str) -> str:
    """₹1,23,45,678.90 (grouped the Indian way), $1,234.50, ¥500; a currency without a sign here: 1,234.50 PLN"""
    decimals = _DECIMALS.get(currency, 2)
    whole, rest = divmod(minor, 10**decimals)
    grouped = _grouped_in_pairs(whole) if currency == "INR" else f"{whole:,}"
    number = f"{grouped}.{rest:0{decimals}d}" if decimals else grouped
    return f"{_SIGNS[currency]}{number}" if currency in _SIGNS else f"{number} {currency}"


def _grouped_in_pairs(whole: int) -> str:
    head, tail = str(whole)[:-3], str(whole)[-3:]
    return ",".join([*re.findall(r"\d{1,2}(?=(?:\d\d)*$)", head), tail])


def minutes(seconds: float) -> str:
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the content of a page."""

    brand: Brand
    amount: str
    order_id: str
    caption: str = ""
    left_seconds: float | None = None  # None: no countdown.
    speed: float = 1.0

    def page(self, title: str, content: str, refresh_to: str = "", refresh_after: int = 12) -> str:
        brand = self.brand
        refresh = f'<meta http-equiv="refresh" content="{refresh_after};url={escape(refresh_to)}">'
        return fill(
            template("page.html"),
            language=escape(brand.language),
            title=f"{title} · {escape(brand.merchant)} · simulator",
            refresh=refresh if refresh_to else "",
            css=fill(template("pay.css"), brand=brand.colour, brand_dark=brand.dark_colour),
            script=template("pay.js"),
            gateway=escape(brand.gateway),
            initial=escape(brand.merchant[:1].upper()),
            merchant=escape(brand.merchant),
            merchant_note=escape(brand.merchant_note),
            amount=escape(self.amount),
            message=escape(self.caption) or "Total to pay",
            order_id=escape(self.order_id),
            countdown=self._countdown(),
            content=content,
        )

    def _countdown(self) -> str:
        if self.left_seconds is None:
            return ""
        left, left_text = f"{self.left_seconds:.1f}", minutes(self.left_seconds)
        return fill(template("countdown.html"), left=left, speed=f"{self.speed:g}", left_text=left_text)


def result(brand: Brand, tone: str, headline: str, explanation: str, back_url: str = "") -> str:
    """`tone` is good, bad or "" for neither."""
    sign = {"good": "&#10003;", "bad": "&times;"}.get(tone, "&#8987;")
    back = f'<a class="pay" href="{escape(back_url)}">Back to {escape(brand.merchant)}</a>' if back_url else ""
    words = {"headline": escape(headline), "explanation": escape(explanation)}
    return fill(template("result.html"), tone=tone, sign=sign, back=back, **words)


def unknown() -> str:
    return "<!doctype html><html lang=en><title>No such order</title><p>No order waits at this address.</p></html>"


def error_line(text: str) -> str:
    return f'<p class="error" {ERROR_MARK}>{escape(text)}</p>' if text else ""


def fill(text: str, **values: str) -> str:
    return Template(text).substitute(values)


@cache
def template(name: str, folder: Path = _TEMPLATES) -> str:
    return (folder / name).read_text("utf-8")
