"""The fields of a log line about a delivery."""

from __future__ import annotations

from payments.store.contract.deliveries import Delivery


def facts_of(delivery: Delivery) -> dict[str, object]:
    facts: dict[str, object] = {"gateway": delivery.gateway, "account": delivery.account_name}
    facts |= {"delivery_id": delivery.id, "event_type": delivery.event_type}
    return facts
