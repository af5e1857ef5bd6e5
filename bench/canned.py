"""The two payments of the stubs, one paid and one not yet, as the store would hold them; and the events about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bench.events import AMOUNT, GATEWAY, LOGIN, MEMBER, WORKSPACE, Event, a_key, an_order, by_gateway, by_member
from payments.domain import transitions
from payments.domain.clock import SystemClock, to_text
from payments.domain.event import Why
from payments.domain.ids import ATTEMPT, PAYMENT, Ids
from payments.domain.payment import Attempt, Payment
from payments.domain.polling import FIRST_CHECK_S
from payments.domain.status import Status
from payments.domain.terms import ActionKind, NextAction
from payments.domain.token import Token
from payments.store import keys
from payments.store.codec import Item, encode, encode_item
from payments.store.writes import payment_item

SECRET = {"client_secret": "sim-client-secret", "webhook_logins": [LOGIN], "webhook_secrets": []}
_WHY = Why(f"user:{MEMBER}", "initiate")
_LASTS = timedelta(minutes=20)
_TOKEN_LASTS = timedelta(hours=1)


class Scene:
    """`url` is where the stubs listen: store, gateway and the merchant's shop in one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now = SystemClock().now()
        self.paid, self.unpaid = self._pending("ORDER-1"), self._pending("ORDER-2")

    def items(self) -> dict[tuple[str, str], Item]:
        """What stands under which keys."""
        token = Token("O-Bearer canned", self.now, self.now + _TOKEN_LASTS)
        token_key = "#".join((GATEWAY, "simulator", "PAVATISIM", "1"))
        found = [
            keys.member(WORKSPACE, MEMBER) | {"role": encode("owner")},
            keys.token(token_key) | {"token": {"M": encode_item(token)}},
        ]
        for payment in (self.paid, self.unpaid):
            where = {"workspace_id": WORKSPACE, "payment_id": payment.id, "gateway": GATEWAY}
            found += [payment_item(payment), keys.reference(payment.live.id) | encode_item(where)]
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}

    def order_status(self, attempt_id: str) -> Mapping[str, object]:
        """What the gateway says about an order."""
        state = "COMPLETED" if attempt_id == self.paid.live.id else "PENDING"
        paid = {"transactionId": "OM1", "paymentMode": "UPI_QR", "amount": AMOUNT.minor, "state": state}
        return {
            "merchantOrderId": attempt_id,
            "orderId": "OMO1",
            "state": state,
            "amount": AMOUNT.minor,
            "currency": AMOUNT.currency,
            "paymentDetails": [paid],
        }

    def opened_order(self) -> Mapping[str, object]:
        expires_ms = int((self.now + _LASTS).timestamp() * 1000)
        return {"orderId": "OMO1", "state": "PENDING", "expireAt": expires_ms, "redirectUrl": f"{self.url}/pay/OMO1"}

    def initiation(self) -> Event:
        """A new one each time: nobody sends the same key for another order."""
        return by_member("POST", "/v1/payments", an_order(self.url), a_key())

    def news(self) -> Event:
        return by_gateway(self.order_status(self.paid.live.id))

    def check(self) -> Event:
        """The first of the ladder, whenever it is made."""
        live, sent_at = self.unpaid.live, SystemClock().now() - timedelta(seconds=FIRST_CHECK_S)
        ids = {"workspace_id": WORKSPACE, "payment_id": self.unpaid.id, "attempt_id": live.id}
        return ids | {"sent_at": to_text(sent_at), "expires_at": to_text(live.expires_at)}

    def _pending(self, merchant_order_id: str) -> Payment:
        sent_at = self.now - timedelta(seconds=FIRST_CHECK_S)
        opened = transitions.opened(self._created(merchant_order_id, sent_at), _WHY, sent_at).payment
        attempt = replace(
            opened.live,
            checkout_ref="OMO1",
            next_action=NextAction(ActionKind.REDIRECT, f"{self.url}/pay/OMO1"),
            is_carried=True,
        )
        return transitions.acknowledged(opened, attempt, "", _WHY, sent_at).payment

    def _created(self, merchant_order_id: str, at: datetime) -> Payment:
        ids = Ids()
        attempt = Attempt(ids.new(ATTEMPT, at), 1, GATEWAY, AMOUNT, Status.CREATED, at, at, at + _LASTS)
        payment_id, shop = ids.new(PAYMENT, at), f"{self.url}/thanks"
        return Payment(
            payment_id,
            WORKSPACE,
            merchant_order_id,
            AMOUNT,
            Status.CREATED,
            0,
            (attempt,),
            shop,
            at,
            at,
            expires_in_s=1200,
        )
