"""The frame and templates of all pay pages. Every value is escaped unless it is markup made here."""

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
    """₹1,23,45,678.90 (Indian grouping), $1,234.50, ¥500; a currency without a sign here: 1,234.50 PLN"""
    decimals = _DECIMALS.get(currency, 2)
    whole, rest = divmod(minor, 10**decimals)
    grouped = _grouped_in_pairs(whole) if currency == "INR" else f"{whole:,}"
    number = f"{grouped}.{rest:0{decimals}d}" if decimals else grouped
    return f"{_SIGNS[currency]}{number}" if currency in _SIGNS else f"{number} {currency}"


def _grouped_in_pairs(whole: int) -> str:
    head, tail = str(whole)[:-3], str(whole)[-3:]
    return ",".join([*re.findall(r"\d{1,2}(?=(?:\d\d)*$)", head), tail])


def time_left(seconds: float) -> str:
    """14:59; from one hour on 22:59:58. The page's script counts down in the same form."""
    minutes, second = divmod(max(0, int(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds the content of a page."""

    brand: Brand
    amount: str
    order: str = ""  # An id to show where `caption` does not name the order.
    caption: str = ""
    left_seconds: float | None = None  # None: no countdown.
    speed: float = 1.0

    def page(self, title: str, content: str) -> str:
        brand = self.brand
        return fill(
            template("page.html"),
            language=escape(brand.language),
            title=f"{title} · {escape(brand.merchant)} · simulator",
            css=fill(template("pay.css"), brand=brand.colour, brand_dark=brand.dark_colour),
            script=template("pay.js"),
            gateway=escape(brand.gateway),
            initial=escape(brand.merchant[:1].upper()),
            merchant=escape(brand.merchant),
            merchant_note=escape(brand.merchant_note),
            amount=escape(self.amount),
            message=escape(self.caption) or "Total to pay",
            facts=self._facts(),
            content=content,
        )

    def _facts(self) -> str:
        order = fill(template("order.html"), order=escape(self.order)) if self.order else ""
        facts = order + self._countdown()
        return f"<dl>\n{facts}</dl>" if facts else ""

    def _countdown(self) -> str:
        if self.left_seconds is None:
            return ""
        left, left_text = f"{self.left_seconds:.1f}", time_left(self.left_seconds)
        return fill(template("countdown.html"), left=left, speed=f"{self.speed:g}", left_text=left_text)


def result(brand: Brand, tone: str, headline: str, explanation: str, back_url: str = "", back_after: int = 0) -> str:
    """A page that says how the payment ended. `tone` is good, bad, or "" for neither.

    If `back_after` (seconds) is given, the page goes back to the merchant by itself.
    """
    sign = {"good": "&#10003;", "bad": "&times;"}.get(tone, "&hellip;")
    by_itself = f' data-follow-after="{back_after}"' if back_after else ""
    link = f'<a class="pay" href="{escape(back_url)}"{by_itself}>Back to {escape(brand.merchant)}</a>'
    back = link if back_url else ""
    words = {"headline": escape(headline), "explanation": escape(explanation)}
    return fill(template("result.html"), tone=tone, sign=sign, back=back, **words)


def bare(title: str, content: str) -> str:
    """A page without a merchant."""
    colours = fill(template("pay.css"), brand="#33415c", brand_dark="#1b2438")
    return fill(template("bare.html"), title=escape(title), css=colours, content=content)


def unknown() -> str:
    return bare("No such order", "<p>There is no order at this address.</p>")


def error_line(text: str) -> str:
    return f'<p class="error" {ERROR_MARK}>{escape(text)}</p>' if text else ""


def step_line(text: str) -> str:
    """A line that says what comes next; it is not an error."""
    return f'<p class="step" role="status">{escape(text)}</p>' if text else ""


def fill(text: str, **values: str) -> str:
    return Template(text).substitute(values)


@cache
def template(name: str, folder: Path = _TEMPLATES) -> str:
    return (folder / name).read_text("utf-8")
