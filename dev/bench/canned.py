"""The two payments of the stubs, one paid and one unpaid, as the store holds them, and the events about them.

For the paid one there is also a stored webhook that is to be applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from dev.bench.events import (
    AMOUNT,
    GATEWAY,
    LOGIN,
    MEMBER,
    WORKSPACE,
    Event,
    a_key,
    an_order,
    by_gateway,
    by_member,
    by_stream,
)
from dev.dynamodb_model import DynamoDB
from dev.histories.settings import PREFIX
from dev.local.provision import create_tables, seed_workspaces
from dev.local.testing import blueprint
from payments.domain.change import Change
from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, Payment
from payments.domain.records.token import Token
from payments.domain.rules import transitions
from payments.domain.values.account import MAIN
from payments.domain.values.clock import to_text
from payments.domain.values.ids import ATTEMPT, PAYMENT, Ids
from payments.domain.values.polling import FIRST_CHECK_S
from payments.domain.values.status import Status
from payments.domain.values.terms import ActionKind, NextAction
from payments.gateways.phonepe.webhook import from_webhook
from payments.gateways.registry import GATEWAYS
from payments.runtime.clock import SystemClock
from payments.store.contract.deliveries import Delivery, DeliveryState
from payments.store.dynamodb import keys
from payments.store.dynamodb.codec import Item, encode
from payments.store.dynamodb.deployment import DynamoStore
from payments.store.dynamodb.tables.tokens import DynamoTokenVault

SECRET = {"client_id": "PAVATISIM", "client_secret": "sim-client-secret", "webhook_logins": [LOGIN]}
_WHY = Why(f"user:{MEMBER}", "initiate")
_LASTS = timedelta(minutes=20)
_FIRST_SWEEP = timedelta(minutes=1)
_TOKEN_LASTS = timedelta(hours=1)
DUE = 200  # Payments that a sweep finds, beside the two.


class Scene:
    """`url` is where the stubs listen: store, gateway and the merchant's shop at one address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.now = SystemClock().now()
        self._histories = [self._pending("ORDER-1"), self._pending("ORDER-2")]
        self.paid, self.unpaid = (history[-1].payment for history in self._histories)
        self._histories += [self._pending(f"ORDER-{number}") for number in range(3, 3 + DUE)]

    def items(self) -> dict[tuple[str, str], Item]:
        """The items of the tables by their keys, each made by the code that writes it in a deployment."""
        dynamo, tables = DynamoDB(self.now.timestamp), blueprint().tables
        create_tables(dynamo, tables)
        seed_workspaces(dynamo, f"{PREFIX}workspaces")
        store = DynamoStore(dynamo, PREFIX, GATEWAYS)
        workspace = store.within(WORKSPACE)
        for change in chain(*self._histories):
            workspace.save(change)
        store.add_delivery(self.delivery())
        token = Token("O-Bearer canned", self.now, self.now + _TOKEN_LASTS)
        DynamoTokenVault(dynamo, PREFIX).put_token("#".join((GATEWAY, MAIN, "simulator")), token)
        found = (item for table in tables for item in dynamo.scan(TableName=table.name)["Items"])
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}

    def due_rows(self, table: str, lane: str) -> list[Item]:
        """The rows of a lane in a table's due index: all payments except the paid one are in the first lane."""
        if not table.endswith("payment_transactions") or lane != f"DUE#{GATEWAY}#0":
            return []
        due_at = {"due_shard": encode(lane), "due_at": encode(self.now)}
        payments = (history[-1].payment for history in self._histories[1:])
        return [keys.payment(WORKSPACE, payment.id) | due_at for payment in payments]

    def order_status(self, attempt_id: str) -> Mapping[str, object]:
        """The gateway's answer about an order."""
        state = "COMPLETED" if attempt_id == self.paid.current.id else "PENDING"
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
        """A new request each time: a key is never used for another order."""
        return by_member("POST", "/v1/payments", an_order(self.url), a_key())

    def webhook(self) -> Event:
        return by_gateway(self.order_status(self.paid.current.id))

    def added(self) -> Event:
        """The stream's record of the stored webhook."""
        delivery = self.delivery()
        return by_stream(f"{PREFIX}payment_webhook_logs", keys.delivery(delivery.account, delivery.id))

    def delivery(self) -> Delivery:
        """The webhook as stored. However long a run takes, it is not too old to be applied."""
        event, at = from_webhook(self.webhook()["body"].encode()), self.now + _LASTS
        return Delivery(
            id=event.id,
            gateway=GATEWAY,
            kind=event.kind,
            event_type=event.event_type,
            subject_id=event.subject_id,
            event_state=event.state,
            state=DeliveryState.RECEIVED,
            received_at=at,
            due_at=at + _FIRST_SWEEP,
        )

    def check(self) -> Event:
        """The first check of the ladder."""
        live, sent_at = self.unpaid.current, SystemClock().now() - timedelta(seconds=FIRST_CHECK_S)
        ids = {"workspace_id": WORKSPACE, "payment_id": self.unpaid.id, "attempt_id": live.id}
        return ids | {"sent_at": to_text(sent_at), "expires_at": to_text(live.expires_at)}

    def _pending(self, merchant_order_id: str) -> list[Change]:
        sent_at = self.now - timedelta(seconds=FIRST_CHECK_S)
        opened = transitions.opened(self._created(merchant_order_id, sent_at), _WHY, sent_at)
        attempt = replace(
            opened.payment.current,
            checkout_ref="OMO1",
            next_action=NextAction(ActionKind.REDIRECT, f"{self.url}/pay/OMO1"),
            is_carried=True,
        )
        return [opened, transitions.acknowledged(opened.payment, attempt, "", _WHY, sent_at)]

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
