"""Errors of the store and of gateways, as errors for the caller of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from payments.gateways.contract.errors import GatewayError, OutcomeUnknown
from payments.store.contract.errors import Conflict, NotFound
from payments.usecases.errors import Busy, GatewayDown, OutcomePending, UseCaseError

T = TypeVar("T")


def get_or_raise(get: Callable[[str], T], record_id: str, missing: UseCaseError) -> T:
    """The record that `get` returns for the id. Raises `missing` if it is not in the caller's workspace."""
    try:
        return get(record_id)
    except NotFound as absent:
        raise missing from absent


def sync_or_raise(sync: Callable[[], T], noun: str, payment_id: str) -> T:
    """The result of `sync`, which asks the gateway about a payment or dispute.

    Raises:
        OutcomePending, GatewayDown, Busy: the record is checked again later.
    """
    try:
        return sync()
    except OutcomeUnknown as lost:
        raise OutcomePending(
            f"the gateway's answer was lost, and the system asks again: read the {noun} later", payment_id=payment_id
        ) from lost
    except (GatewayError, NotFound) as silence:
        message = f"the gateway gave no usable answer; it is asked again: read the {noun} later"
        if isinstance(silence, GatewayError) and silence.needs_person:
            message = "the gateway refuses the keys of this deployment: have them mended; it is asked again"
        raise GatewayDown(message, payment_id=payment_id) from silence
    except Conflict as raced:
        raise Busy("too many requests for this payment at once; send it again") from raced
