"""Gateways as the API returns them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from payments.api.view import JsonView
from payments.domain.values.terms import MethodType
from payments.usecases.gateway.offers import Offer


class AbilitiesView(JsonView):
    """Which optional operations the gateway offers, read from its adapter's methods."""

    capture: Annotated[bool, Field(description='takes capture "manual"')]
    partial_capture: bool
    cancel: bool
    charge: Annotated[bool, Field(description="takes payment_method, a token to be charged without a checkout")]
    verify: Annotated[bool, Field(description="its script gives the browser a proof for /verify")]


class GatewayView(JsonView):
    name: str
    method_types: tuple[MethodType, ...]
    currency: str
    minimum_amount: Annotated[int, Field(description="minor units; the gateway itself may want more")]
    minimum_refund: int
    refund_window_days: int
    abilities: AbilitiesView
    configured: Annotated[bool, Field(description="false: the operator has not set it up")]
    client: Annotated[dict[str, str], Field(description="public values for the gateway's own script")]


class GatewayList(JsonView):
    data: tuple[GatewayView, ...]

    @staticmethod
    def of(offers: Sequence[Offer], currency: str) -> GatewayList:
        return GatewayList(data=tuple(_view(offer, currency) for offer in offers))


def _view(offer: Offer, currency: str) -> GatewayView:
    return GatewayView(
        name=offer.name,
        method_types=tuple(offer.method_types),
        currency=currency,
        minimum_amount=offer.minimum_minor,
        minimum_refund=offer.refund_minimum_minor,
        refund_window_days=offer.refund_window_days,
        abilities=AbilitiesView(**offer.abilities),
        configured=offer.is_configured,
        client=dict(sorted(offer.client_values.items())),
    )
