"""The pay page that simulators share: GET shows it, POST is the payer's act, and the browser goes back to the merchant.

    brand = Brand("Square", merchant="Sahyadri Handmade", colour="#1f2937", dark_colour="#0b1220")
    routes = [*own_routes, *PayPages(self, brand, book).routes("/pay")]          # GET and POST /pay/<token>
    routes = [*PayPages(self, brand, book).routes("/checkoutnow", query="token")]  # GET and POST /checkoutnow?token=…

`app` is used only while a request is served, under `app.lock` and after `app.tick()`. So it may be half-built when
PayPages is made. The webhooks of an act are sent before the browser goes back. `book` has four methods (PageBook)
over the simulator's own records. The sheet is read again after every act: its `back_url` may then name the new payment.

The payer chooses one of `Sheet.instruments`; `pay_with` receives nothing else, and no other number is stored. The page
shows the text that an act returns, and the payer may go on. If the act led to a question of the bank, the text is shown
as a step, not as an error. The sheet then has instruments of the kind `check` only ("Complete the check", "Fail the
check").

For tests: POST a form with `act` (`pay`, `decline`, `walk_away`) and `instrument`. The answer is 303 if the browser
goes back, and 200 with a text. It is 404 for an unknown page, 409 for a closed order, 422 for an unknown act or
instrument.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from typing import Literal, NamedTuple, Protocol

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from gateway_simulators.kit import screens
from gateway_simulators.kit.gateway import ClosedError, UnknownError
from gateway_simulators.kit.http import View
from gateway_simulators.kit.screens import Brand, Frame, fill, money_text, template

__all__ = ["Brand", "Instrument", "PageBook", "PayPages", "Sheet", "page_answer"]

Kind = Literal["card", "upi", "bank", "account", "check"]
State = Literal["open", "authorized", "paid", "failed", "expired", "cancelled"]


class Instrument(NamedTuple):
    """One choice on the page. `value` is passed to `pay_with`, `does` says what will happen, `kind` groups choices."""

    value: str
    label: str
    does: str = ""
    kind: Kind = "card"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The content of one page. In any state but `open` it says how the payment ended and offers the way back."""

    minor: int
    currency: str
    state: State
    order: str = ""  # An id to show where `caption` does not name the order.
    back_url: str = ""  # Where the browser goes after an act; "": it stays.
    away_url: str = ""  # Where it goes when the payer walks away, if not to `back_url`.
    left_seconds: float | None = None  # None: no countdown.
    instruments: Sequence[Instrument | tuple[str, str, str]] = ()
    caption: str = ""  # What is paid for, in the merchant's text.

    @property
    def is_asking(self) -> bool:
        """True if the bank asks the payer a question: every instrument is then an answer to it."""
        return bool(self.instruments) and all(Instrument(*each).kind == "check" for each in self.instruments)


class PageBook(Protocol):
    """The simulator's side of the pages. An act on a closed order raises ClosedError."""

    def sheet(self, token: str) -> Sheet | None:
        """The page's content; None if there is no such page."""

    def pay_with(self, token: str, instrument: str) -> str:
        """Pay. Returns a text to show, or "" if the payer is done and goes back to the merchant."""

    def decline(self, token: str) -> str:
        """The payer, or the payer's bank, declines. Returns a text to show, or "" to go back to the merchant."""

    def walk_away(self, token: str) -> None:
        """The payer leaves without a decision; the browser goes back without a payment."""


class PageApp(Protocol):
    """The parts of a GatewayApp that the pages use."""

    @property
    def lock(self) -> AbstractContextManager[object]: ...

    @property
    def speed(self) -> float: ...

    def tick(self) -> None: ...

    def post_webhooks(self) -> None: ...


class _Way(NamedTuple):
    title: str
    subtitle: str
    field: str


_WAYS: dict[Kind, _Way] = {
    "card": _Way("Card", "The test cards only", "Card number"),
    "upi": _Way("UPI", "The test addresses only", "UPI ID"),
    "bank": _Way("Bank", "The test banks only", "Bank"),
    "account": _Way("Account", "The test buyers only", "Logged in as"),
    "check": _Way("Is it you who pays?", "The test answers only", "Answer"),
}  # fmt: skip

_ENDS: dict[State, tuple[str, str, str]] = {
    "authorized": ("good", "Payment approved", "The money is authorized. The merchant has not captured it yet."),
    "paid": ("good", "Payment received", "This order is paid."),
    "failed": ("bad", "Payment not made", "This order has ended without a payment."),
    "expired": ("bad", "Time is over", "This order expired before it was paid."),
    "cancelled": (
        "bad",
        "Payment cancelled",
        "The merchant closed this order: it was cancelled, or its time was over.",
    ),
}


_UNBROKEN = "\N{NO-BREAK SPACE}"


class PayPages:
    """The routes of a pay page. `is_framed` lets another page show it in an iframe."""

    def __init__(self, app: PageApp, brand: Brand, book: PageBook, *, is_framed: bool = False) -> None:
        self._app, self._brand, self._book, self._is_framed = app, brand, book, is_framed

    def routes(self, path: str, query: str = "") -> list[tuple[str, str, View]]:
        """The routes. The page's token is the last part of the path, or the query argument named `query`."""

        def show(request: Request, token: str = "") -> Response:
            return self.show(request.args.get(query, "") if query else token)

        def act(request: Request, token: str = "") -> Response:
            return self.act(request, request.args.get(query, "") if query else token)

        address = path if query else f"{path}/<token>"
        return [("GET", address, show), ("POST", address, act)]

    def show(self, token: str) -> Response:
        with self._app.lock:
            self._app.tick()
            return self._shown_page(token)

    def act(self, request: Request, token: str) -> Response:
        with self._app.lock:
            self._app.tick()
            try:
                return self._act(token, request)
            except ClosedError:
                return self._shown_page(token, http_status=409)
            except UnknownError:
                return self._page(screens.unknown(), 404)
            finally:
                self._app.post_webhooks()

    def _act(self, token: str, request: Request) -> Response:
        sheet, act = self._book.sheet(token), request.form.get("act", "")
        if sheet is None:
            raise UnknownError(token)
        if sheet.state != "open":
            raise ClosedError(token)
        if act == "walk_away":
            self._book.walk_away(token)
            return redirect(sheet.away_url or sheet.back_url or request.url, 303)
        instrument = request.form.get("instrument", "").replace(" ", "")
        offered = {each[0].replace(" ", ""): each[0] for each in sheet.instruments}
        if act == "decline":
            message = self._book.decline(token)
        elif act == "pay" and instrument in offered:
            message = self._book.pay_with(token, offered[instrument])
        else:
            return self._shown_page(token, screens.error_line("Choose one of the test instruments below."), 422)
        after = self._book.sheet(token) or sheet
        if message:
            is_step = after.is_asking and not sheet.is_asking
            return self._shown_page(token, screens.step_line(message) if is_step else screens.error_line(message))
        return redirect(after.back_url or request.url, 303)

    def _shown_page(self, token: str, message: str = "", http_status: int = 200) -> Response:
        """`message` is escaped HTML."""
        sheet = self._book.sheet(token)
        if sheet is None:
            return self._page(screens.unknown(), 404)
        left = sheet.left_seconds if sheet.state == "open" else None
        amount = money_text(sheet.minor, sheet.currency)
        frame = Frame(self._brand, amount, sheet.order, sheet.caption, left, self._app.speed)
        if sheet.state == "open":
            return self._page(frame.page("Pay", _choices(sheet, amount, message)), http_status)
        tone, headline, explanation = _ENDS[sheet.state]
        content = screens.result(self._brand, tone, headline, explanation, sheet.back_url)
        return self._page(frame.page(headline, content), http_status)

    def _page(self, text: str, http_status: int) -> Response:
        return page_answer(text, http_status, is_framed=self._is_framed)


def page_answer(text: str, http_status: int = 200, *, is_framed: bool = False) -> Response:
    page = Response(text, http_status, content_type="text/html; charset=utf-8")
    page.headers["Cache-Control"] = "no-store"
    page.headers["Referrer-Policy"] = "no-referrer"
    if not is_framed:
        page.headers["X-Frame-Options"] = "DENY"
    page.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'"
    )
    return page


def _choices(sheet: Sheet, amount: str, message: str) -> str:
    by_kind: dict[Kind, list[Instrument]] = {}
    for each in (Instrument(*given) for given in sheet.instruments):
        by_kind.setdefault(each.kind, []).append(each)
    opened = next(iter(by_kind), "card")
    ways = "\n".join(_way(kind, listed, amount, is_open=kind == opened) for kind, listed in by_kind.items())
    headline = "Your bank asks you" if sheet.is_asking else "Choose how to pay"
    return fill(template("sheet.html"), headline=headline, message=message, ways=ways)


def _way(kind: Kind, listed: list[Instrument], amount: str, *, is_open: bool) -> str:
    way = _WAYS[kind]
    return fill(
        template("way.html"),
        name=kind,
        is_open="open" if is_open else "",
        icon=template(f"icon_{kind}.svg"),
        title=way.title,
        subtitle=way.subtitle,
        field=way.field,
        first=escape(_shown(listed[0])),
        choices="\n".join(_choice(each, is_checked=each is listed[0]) for each in listed),
        does="Go on" if kind == "check" else f"Pay {escape(amount)}",
    )


def _choice(each: Instrument, *, is_checked: bool) -> str:
    shown = _shown(each)
    label = f"{each.label} {shown.replace(' ', _UNBROKEN)}" if each.value.isdigit() else each.label
    texts = {"value": each.value, "shown": shown, "label": label, "does": each.does}
    marks = {"is_checked": "checked" if is_checked else ""}
    return fill(template("choice.html"), **{name: escape(text) for name, text in texts.items()}, **marks)


def _shown(each: Instrument) -> str:
    """A card number in groups of four; another number unchanged; for anything else the label."""
    value, step = each.value, 4 if each.kind == "card" else len(each.value)
    return " ".join(value[at : at + step] for at in range(0, len(value), step)) if value.isdigit() else each.label
