"""What the contract suite needs of a gateway's stand-in: a payer, faults, and a look at what really happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import httpx

from payments.domain.payment import Attempt
from payments.domain.refund import Refund
from payments.gateways.contract import CheckoutOrder, Gateway, WebhookRequest


class Harness(Protocol):
    """One gateway on one simulator, in-process, with time in hand."""

    gateway: Gateway
    gateway_without_webhook_secret: Gateway
    refunds_need_ref: bool
    proof_covers_body: bool

    @property
    def secrets(self) -> frozenset[str]:
        """Must never be seen in a log or an error: credentials, tokens in use, personal data of the payer."""

    def new_attempt(self, minor: int = 49900) -> Attempt: ...

    def order(self) -> CheckoutOrder: ...

    def new_refund(self, attempt: Attempt, minor: int) -> Refund: ...

    # The payer and time.

    def pay(self, attempt: Attempt) -> None: ...

    def decline(self, attempt: Attempt) -> None: ...

    def abandon(self, attempt: Attempt) -> None: ...

    def pass_time(self, seconds: float) -> None: ...

    # What goes wrong: `op` is token, pay, status, refund or refund_status.

    def fault(self, fault: str, op: str) -> None: ...

    def answer_next(self, response: httpx.Response) -> None:
        """The next call, other than for a token, is answered by something in between and never arrives."""

    def say_next(self, **fields: object) -> None:
        """These fields of the gateway's next answer hold something else."""

    def forget_tokens(self) -> None:
        """Tokens that were issued are no longer accepted."""

    # What happened at the gateway.

    def things_to_pay(self, attempt: Attempt) -> int: ...

    def refunded(self, attempt: Attempt) -> int: ...

    def calls(self) -> Mapping[str, int]: ...

    # Webhooks.

    def webhooks(self, subject_id: str) -> list[WebhookRequest]:
        """What the gateway sent about an attempt or a refund, oldest first."""

    def signed(self, body: bytes) -> WebhookRequest:
        """With the proof that the gateway would give to this body."""

    def wrongly_signed(self, body: bytes) -> WebhookRequest: ...

    def unknown_news(self, attempt: Attempt) -> bytes: ...
