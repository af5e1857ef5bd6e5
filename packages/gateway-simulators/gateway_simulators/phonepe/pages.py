"""The pay page: GET shows it, POST is the payer's act, and the browser goes back to the merchant."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from gateway_simulators.kit.gateway import ClosedError
from gateway_simulators.kit.http import View
from gateway_simulators.kit.paypage import page_answer
from gateway_simulators.kit.screens import ERROR_MARK, unknown
from gateway_simulators.phonepe import screens
from gateway_simulators.phonepe.instruments import (
    BANK_REFUSED,
    CARD_BY_NUMBER,
    TEST_BANK_LOGIN,
    TEST_OTP,
    is_test_card,
    outcome_of_vpa,
)
from gateway_simulators.phonepe.orders import Orders
from gateway_simulators.phonepe.records import PENDING, Order

if TYPE_CHECKING:
    from gateway_simulators.phonepe.app import PhonePeApp

Form = dict[str, str]
Act = Callable[["PayPage", Order, Form], str]
"""Does what the payer chose; returns a page to show, or None to go back to the merchant."""


def routes(app: PhonePeApp) -> list[tuple[str, str, View]]:
    page = PayPage(app)
    return [("GET", "/transact/<token>", page.show), ("POST", "/transact/<token>", page.act)]


class PayPage:
    def __init__(self, app: PhonePeApp) -> None:
        self._app = app

    @property
    def orders(self) -> Orders:
        return self._app.model.orders

    def show(self, request: Request, token: str) -> Response:
        with self._app.lock:
            self._app.tick()
            order = self.orders.get_by_page(token)
            return page_answer(self._page(order, request.url) if order else unknown(), 200 if order else 404)

    def act(self, request: Request, token: str) -> Response:
        with self._app.lock:
            self._app.tick()
            order = self.orders.get_by_page(token)
            if order is None:
                return page_answer(unknown(), 404)
            try:
                page = self._act(order, request)
            except ClosedError:
                return page_answer(self._page(order, request.url), 409)
            finally:
                self._app.post_webhooks()
        return page_answer(page, 200 if ERROR_MARK not in page else 422) if page else _back(order, request)

    def screen(self, order: Order, url: str = "") -> screens.Screen:
        left_seconds = order.expire_at - self._app.model.clock()
        return screens.Screen(self._app.model.settings, order, left_seconds, self._app.speed, url)

    def _page(self, order: Order, url: str) -> str:
        screen = self.screen(order, url)
        if not order.is_open:
            return screen.closed()
        is_requested = bool(order.attempts) and order.attempts[-1].state == PENDING
        return screen.waiting() if is_requested else screen.ways()

    def _act(self, order: Order, request: Request) -> str:
        form = {name: value.strip() for name, value in request.form.items()}
        act = ACTS.get(form.get("way", ""))
        return act(self, order, form) if act else self.screen(order, request.url).ways("Choose one of the ways below.")


def _by_upi(page: PayPage, order: Order, form: Form) -> str:
    vpa = form.get("vpa", "")
    if not screens.looks_like_vpa(vpa):
        return page.screen(order).ways("A UPI ID looks like name@bank.", "upi", vpa)
    match outcome_of_vpa(vpa):
        case "pay":
            page.orders.pay(order, "UPI_COLLECT", vpa)
        case "decline":
            page.orders.decline(order, "UPI_COLLECT", BANK_REFUSED, vpa)
        case _:
            page.orders.wait(order, "UPI_COLLECT", vpa)
            return page.screen(order).waiting()
    return ""


def _by_qr(page: PayPage, order: Order, _: Form) -> str:
    page.orders.pay(order, "UPI_QR")
    return ""


def _by_card(page: PayPage, order: Order, form: Form) -> str:
    month, _, year = form.get("expiry", "").partition("/")
    if not is_test_card(form.get("number", ""), month, year, form.get("cvv", "")):
        return page.screen(order).ways("Only the two test cards work here, with their own dates and CVVs.", "card")
    return page.screen(order).otp(form["number"][-4:])


def _by_otp(page: PayPage, order: Order, form: Form) -> str:
    last_digits = form.get("last_digits", "")
    if last_digits not in {number[-4:] for number in CARD_BY_NUMBER}:
        return page.screen(order).ways("Enter the card again.", "card")
    if form.get("otp") != TEST_OTP:
        return page.screen(order).otp(last_digits, "That is not the password.")
    page.orders.pay(order, "CARD")
    return ""


def _by_bank(page: PayPage, order: Order, form: Form) -> str:
    if (form.get("user"), form.get("password")) != TEST_BANK_LOGIN:
        return page.screen(order).ways("The test bank knows only the user test with the password test.", "bank")
    page.orders.pay(order, "NET_BANKING")
    return ""


def _bank_refuses(page: PayPage, order: Order, _: Form) -> str:
    page.orders.fail_one_try(order, "CARD", BANK_REFUSED)
    return page.screen(order).ways("Your bank refused the card. Try another way.") if order.is_open else ""


def _decline(page: PayPage, order: Order, _: Form) -> str:
    page.orders.decline(order)
    return ""


def _abandon(page: PayPage, order: Order, _: Form) -> str:
    page.orders.walk_away(order)
    return ""


ACTS: dict[str, Act] = {
    "upi": _by_upi, "qr": _by_qr, "card": _by_card, "otp": _by_otp, "bank": _by_bank,
    "bank_refuses": _bank_refuses, "decline": _decline, "abandon": _abandon,
}  # fmt: skip


def _back(order: Order, request: Request) -> Response:
    return redirect(order.redirect_url or request.url, 303)
