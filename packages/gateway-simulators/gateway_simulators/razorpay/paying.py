"""The pay page: which instruments are offered, and what each of them does."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gateway_simulators.kit.gateway import UnknownError
from gateway_simulators.kit.paypage import Instrument, Kind, Sheet, State
from gateway_simulators.razorpay.instruments import BY_VALUE, EMI_MINIMUM, EMI_MONTHS, INSTRUMENTS, WRONG_OTP
from gateway_simulators.razorpay.model import RazorpayModel
from gateway_simulators.razorpay.records import CREATED, Order, Payment
from gateway_simulators.razorpay.records import Instrument as PaidWith

_KINDS: Mapping[str, Kind] = {"card": "card", "emi": "card", "upi": "upi", "netbanking": "bank", "wallet": "account"}
_STATES: Mapping[str, State] = {"authorized": "authorized", "paid": "paid", "expired": "expired"}
# The bank's page accepts any one-time password of 4 to 10 digits. A test card that fails asks which failure to play.
_OTP = (
    Instrument("otp:1234", "1234", "4 to 10 digits: approved", "check"),
    Instrument("otp:12", "12", "too short: refused", "check"),
)
_MOCK = (
    Instrument("mock:failure", "Failure", "fails as the card says", "check"),
    Instrument("mock:success", "Success", "approved", "check"),
)


class Place(NamedTuple):
    order: Order
    method: str
    months: int
    may_retry: bool
    description: str


@dataclass(frozen=True, slots=True)
class PageBook:
    model: RazorpayModel

    def sheet(self, token: str) -> Sheet | None:
        place = self._place(token)
        if place is None:
            return None
        order = place.order
        done = f"/v1/checkout/done/{order.id}"
        left = order.close_by - self.model.clock() if order.close_by is not None else None
        return Sheet(
            order.amount,
            order.currency,
            "expired" if order.closed_at is not None and not order.captured else _STATES.get(order.state, "open"),
            order="" if place.description else order.id,
            back_url=done,
            away_url=f"{done}?left=1",
            left_seconds=left,
            instruments=_requested(order) or _offered(place),
            caption=place.description,
        )

    def pay_with(self, token: str, instrument: str) -> str:
        place = self._known(token)
        if instrument.startswith(("otp:", "mock:")):
            return self._answer(place, instrument)
        value, _, months = instrument.partition("@emi:")
        paid_with = BY_VALUE[value]
        if paid_with.method in ("card", "emi"):
            self.model.orders.begin(place.order, paid_with, emi_duration=int(months or 0))
            return "Your bank asks whether it is you."
        if paid_with.failure is None:
            self.model.orders.pay(place.order, paid_with)
            return ""
        self.model.orders.fail(place.order, paid_with.failure, paid_with)
        return _message(place, paid_with.failure.description)

    def decline(self, token: str) -> str:
        place = self._known(token)
        self.model.orders.decline(place.order)
        return _message(place, "You cancelled the payment.")

    def walk_away(self, token: str) -> None:
        self.model.orders.walk_away(self._known(token).order)

    def _answer(self, place: Place, answer: str) -> str:
        body = _waiting(place.order)
        if body is None:
            return "Choose how to pay."
        if answer in ("otp:1234", "mock:success"):
            self.model.orders.pay(place.order)
            return ""
        failure = body.instrument.failure or WRONG_OTP
        self.model.orders.fail(place.order, failure)
        return _message(place, failure.description)

    def _place(self, token: str) -> Place | None:
        ref, method, months, retry, described = [*token.split("~"), "", "", "", ""][:5]
        order = self.model.orders.by_id.get(ref)
        if order is None:
            return None
        return Place(
            order,
            method,
            int(months) if months.isdigit() else 0,
            retry == "retry",
            _text(described) or order.description,
        )

    def _known(self, token: str) -> Place:
        place = self._place(token)
        if place is None:
            raise UnknownError(token)
        return place


def _text(described: str) -> str:
    try:
        return urlsafe_b64decode(described + "=" * (-len(described) % 4)).decode()
    except ValueError:
        return ""


def _message(place: Place, text: str) -> str:
    """The page's text after a failure. Without a retry the page ends with the failed payment."""
    return text if place.may_retry else ""


def _waiting(order: Order) -> Payment | None:
    body = (payment for payment in order.payments if payment.status == CREATED)
    return next((payment for payment in body if payment.method in ("card", "emi")), None)


def _requested(order: Order) -> tuple[Instrument, ...]:
    body = _waiting(order)
    if body is None:
        return ()
    return _MOCK if body.instrument.failure else _OTP


def _offered(place: Place) -> list[Instrument]:
    offered: list[Instrument] = []
    for paid_with in INSTRUMENTS:
        if place.method in ("", paid_with.method):
            offered += _emi(place, paid_with) if paid_with.method == "emi" else [_shown(paid_with)]
    return offered


def _emi(place: Place, paid_with: PaidWith) -> list[Instrument]:
    if place.order.amount < EMI_MINIMUM or place.order.currency != "INR":
        return []
    months = [place.months] if place.months else EMI_MONTHS
    return [
        Instrument(f"{paid_with.value}@emi:{each}", f"{paid_with.label}, {each} months", "pays by EMI")
        for each in months
    ]


def _shown(paid_with: PaidWith) -> Instrument:
    does = f"fails: {paid_with.failure.reason}" if paid_with.failure else "pays"
    return Instrument(paid_with.value, paid_with.label, does, _KINDS[paid_with.method])
