"""How the sweep applies a delivery that is due."""

from __future__ import annotations

from payments.domain.values.account import Account
from payments.gateways.contract.errors import GatewayError
from payments.store.contract.due import Due
from payments.store.contract.errors import NotFound
from payments.usecases.due_kinds import AddOne, DueKind, defer
from payments.usecases.ports import Ports
from payments.usecases.webhook.apply import apply_delivery, give_up


def _apply_due(due: Due, ports: Ports, add_one: AddOne) -> str:
    try:
        delivery = ports.store.get_delivery(Account.of(due.stream_id), due.subject_id)
    except NotFound:
        defer(due, None, ports)
        return "delivery gone"
    try:
        return f"delivery {apply_delivery(delivery, ports)}"
    except GatewayError:
        give_up(delivery, ports)
        raise


DELIVERIES = DueKind("delivery", _apply_due)
