"""The page of a payment link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_simulators.kit.gateway import ClosedError, UnknownError
from gateway_simulators.kit.http import View
from gateway_simulators.kit.paypage import Brand, Instrument, PayPages, Sheet
from gateway_simulators.square.model import DECLINED
from gateway_simulators.square.records import Order
from gateway_simulators.square.sources import BY_CARD_NUMBER

if TYPE_CHECKING:
    from gateway_simulators.square.app import SquareApp

CHALLENGED = next(number for number, (source, _) in BY_CARD_NUMBER.items() if source.is_challenged)
PASS, FAIL = "123456", "000000"
_CARDS = tuple(Instrument(number, "Card", does) for number, (_, does) in BY_CARD_NUMBER.items())
_CHECKS = (
    Instrument(PASS, "Enter the code", "The bank lets it through", "check"),
    Instrument(FAIL, "Enter a wrong code", "The bank refuses", "check"),
)


def routes(app: SquareApp) -> list[tuple[str, str, View]]:
    settings = app.model.settings
    brand = Brand("Square", settings.merchant_name, colour="#1f2937", dark_colour="#0b1220")
    return PayPages(app, brand, Book(app)).routes("/u")


class Book:
    def __init__(self, app: SquareApp) -> None:
        self._app = app
        self._challenged: set[str] = set()  # Pages whose payer has to answer the bank's challenge.

    def sheet(self, token: str) -> Sheet | None:
        link = self._app.model.links.get_by_page(token)
        if link is None:
            return None
        order = self._app.model.payments.orders[link.order_id]
        state = self._app.model.state_of(order)
        return Sheet(
            minor=order.amount,
            currency=order.currency,
            state=state if state in ("paid", "authorized", "cancelled") else "open",  # type: ignore[arg-type]
            order=order.line_items[0].get("name") or order.id,
            back_url=link.options.get("redirect_url") or "",  # The sandbox appends nothing to it.
            instruments=_CHECKS if token in self._challenged else _CARDS,
        )

    def pay_with(self, token: str, instrument: str) -> str:
        order = self._found(token)
        if instrument == CHALLENGED:
            self._challenged.add(token)
            return "Your bank wants to know that it is you."
        self._challenged.discard(token)
        if instrument == FAIL:
            return self._app.model.links.pay(order, DECLINED)
        number = CHALLENGED if instrument == PASS else instrument
        return self._app.model.links.pay(order, BY_CARD_NUMBER[number][0])

    def decline(self, token: str) -> str:
        order = self._found(token)
        self._challenged.discard(token)
        return self._app.model.links.pay(order, DECLINED)

    def walk_away(self, token: str) -> None:
        self._app.model.links.walk_away(self._found(token))

    def _found(self, token: str) -> Order:
        link = self._app.model.links.get_by_page(token)
        if link is None:
            raise UnknownError(token)
        order = self._app.model.payments.orders[link.order_id]
        if self._app.model.state_of(order) not in ("open", "cancelled"):
            raise ClosedError(token)
        return order
