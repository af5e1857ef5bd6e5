"""The two payments of the stubs, one paid and one not yet, as the store would hold them; and the events about them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from payments.domain import transitions
from payments.domain.clock import SystemClock, to_text
from payments.domain.event import Why
from payments.domain.ids import ATTEMPT, PAYMENT, Ids
from payments.domain.money import Money
from payments.domain.payment import Attempt, Payment
from payments.domain.polling import FIRST_CHECK_S
from payments.domain.status import Status
from payments.domain.token import Token
from payments.gateways.phonepe import NAME
from payments.store import keys
from payments.store.codec import Item, encode, encode_item
from payments.store.writes import payment_item

WORKSPACE, MEMBER = "ws_demo", "owner"
LOGIN = "sim_user:simPass123"
SECRET = {"client_secret": "sim-client-secret", "webhook_logins": [LOGIN], "webhook_secrets": []}
AMOUNT = Money(49900, "INR")
_WHY = Why(f"user:{MEMBER}", "initiate")
_LASTS = timedelta(minutes=20)
_TOKEN_LASTS = timedelta(hours=1)

Event = dict[str, Any]


class Scene:
    """`url` is where the stubs listen: store, gateway and the merchant's shop in one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now = SystemClock().now()
        self.paid, self.unpaid = self._pending("ORDER-1"), self._pending("ORDER-2")

    def items(self) -> dict[tuple[str, str], Item]:
        """What stands under which keys."""
        token = Token("O-Bearer canned", self.now, self.now + _TOKEN_LASTS)
        token_key = "#".join((NAME, "simulator", "PAVATISIM", "1"))
        found = [
            keys.member(WORKSPACE, MEMBER) | {"role": encode("owner")},
            keys.token(token_key) | {"token": {"M": encode_item(token)}},
        ]
        for payment in (self.paid, self.unpaid):
            where = {"workspace_id": WORKSPACE, "payment_id": payment.id, "gateway": NAME}
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
        order = {
            "merchant_order_id": f"ORDER-{uuid.uuid4().hex}",
            "amount": AMOUNT.minor,
            "currency": AMOUNT.currency,
            "return_url": f"{self.url}/thanks?cart=7",
        }
        claims = {"jwt": {"claims": {"sub": MEMBER, "iss": "https://issuer.example"}, "scopes": None}}
        headers = {"x-tenant-id": WORKSPACE, "idempotency-key": str(uuid.uuid4()), "authorization": "Bearer x.y.z"}
        return _http_event("/v1/payments", json.dumps(order), headers, {"authorizer": claims})

    def news(self) -> Event:
        payload = self.order_status(self.paid.live.id)
        body = json.dumps({"event": "checkout.order.completed", "payload": payload})
        proof = {"authorization": hashlib.sha256(LOGIN.encode()).hexdigest()}
        return _http_event(f"/v1/webhooks/{NAME}", body, proof, {})

    def check(self) -> Event:
        """The first of the ladder, whenever it is made."""
        live, sent_at = self.unpaid.live, SystemClock().now() - timedelta(seconds=FIRST_CHECK_S)
        ids = {"workspace_id": WORKSPACE, "payment_id": self.unpaid.id, "attempt_id": live.id}
        return ids | {"sent_at": to_text(sent_at), "expires_at": to_text(live.expires_at)}

    def _pending(self, merchant_order_id: str) -> Payment:
        sent_at = self.now - timedelta(seconds=FIRST_CHECK_S)
        opened = transitions.opened(self._created(merchant_order_id, sent_at), _WHY, sent_at).payment
        attempt = replace(opened.live, checkout_ref="OMO1", checkout_url=f"{self.url}/pay/OMO1", is_carried=True)
        return transitions.acknowledged(opened, attempt, _WHY, sent_at).payment

    def _created(self, merchant_order_id: str, at: datetime) -> Payment:
        ids = Ids()
        attempt = Attempt(ids.new(ATTEMPT, at), 1, NAME, AMOUNT, Status.CREATED, at, at, at + _LASTS)
        payment_id, shop = ids.new(PAYMENT, at), f"{self.url}/thanks"
        return Payment(
            payment_id, WORKSPACE, merchant_order_id, AMOUNT, Status.CREATED, 0, (attempt,), shop, at, at, expires_in_s=1200
        )


def _http_event(path: str, body: str, headers: Mapping[str, str], more: Mapping[str, object]) -> Event:
    """A POST as HTTP APIs hand it to a function, payload format 2.0."""
    agent = "curl/8.9.1"
    http = {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": agent}
    return {
        "version": "2.0",
        "routeKey": f"POST {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-length": str(len(body)),
            "content-type": "application/json",
            "host": "api.example",
            "user-agent": agent,
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
            **headers,
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "api.example",
            "http": http,
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
            "timeEpoch": 1_795_170_600_000,
            **more,
        },
        "body": body,
        "isBase64Encoded": False,
    }
