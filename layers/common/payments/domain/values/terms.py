"""The terms of a payment: method, time of capture, and what the payer has to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from payments.record import record


class MethodType(StrEnum):
    UPI = "upi"
    CARD = "card"
    NETBANKING = "netbanking"
    WALLET = "wallet"
    PAYPAL = "paypal"
    EMI = "emi"


class CaptureMode(StrEnum):
    AUTO = "auto"  # The money is captured as soon as the payer agrees.
    MANUAL = "manual"  # The money is only authorized until the merchant captures or cancels.


@record
class Terms:
    """What the merchant requested. `method_type` None leaves the choice to the payer.

    `source_token` is a gateway's name for an instrument (`pm_…`, `cnon:…`), never the instrument's data.
    """

    method_type: MethodType | None = None
    capture: CaptureMode = CaptureMode.AUTO
    installments: int = 0  # Number of monthly installments, of method type emi; 0 for none.
    source_token: str = field(default="", repr=False)

    @property
    def is_direct(self) -> bool:
        """Whether a token is charged, without a checkout."""
        return bool(self.source_token)

    @property
    def is_manual(self) -> bool:
        return self.capture is CaptureMode.MANUAL


AS_IT_COMES = Terms()  # The payer chooses the method, and the money is captured at once.


class ActionKind(StrEnum):
    REDIRECT = "redirect"  # Send the browser to `url`.
    CLIENT_SDK = "client_sdk"  # Hand `values` to the gateway's own script.
    UPI_INTENT = "upi_intent"  # Open `url` (upi://pay?…) on the payer's phone.
    UPI_QR = "upi_qr"  # Show `url` (an image, or upi://pay?… to be drawn) as a QR code.
    NONE = "none"


@record
class NextAction:
    """What the browser does next. `values` are public texts for the gateway's script."""

    kind: ActionKind = ActionKind.NONE
    url: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


NOTHING_TO_DO = NextAction()
