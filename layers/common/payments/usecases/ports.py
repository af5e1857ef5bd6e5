"""The ports: what use cases need from outside. `wiring` builds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from payments.domain.records.event import Why
from payments.domain.records.payment import Attempt, Payment
from payments.domain.values.account import Account
from payments.domain.values.clock import Clock
from payments.domain.values.ids import Ids
from payments.record import record
from payments.usecases.context import Context
from payments.usecases.metrics import Metric

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway
    from payments.gateways.contract.public import PublicValues
    from payments.store.contract.stores import Store


class Flow(Protocol):
    """Starts the polling execution of an attempt, once: the execution is named by the attempt's id."""

    def start_poll(self, payment: Payment, attempt: Attempt) -> bool:
        """Start polling, and return whether it has started. Never raises: otherwise the sweep checks the attempt."""


class Crew(Protocol):
    """Runs jobs in parallel: as threads in a deployed function. A job must not raise."""

    @property
    def size(self) -> int:
        """How many jobs may run at once."""

    def start(self, job: Callable[[], Any]) -> None: ...

    def wait(self) -> Any:
        """Wait until a started job has ended, and return its result. Each result is returned once."""


@record
class Ports:
    store: Store
    gateway: Callable[[Account], Gateway]  # Raises UnknownGateway.
    public: Callable[[Account], PublicValues]  # Values for the browser. Raises Misconfigured, Unavailable.
    accounts: Sequence[Account]  # Accounts for new payments, in the deployment's order.
    clock: Clock
    ids: Ids
    flow: Flow
    count: Callable[[Metric, int], None]  # Adds to a metric.
    note: Callable[..., None]  # Logs what happened: note("attempt.failed", payment_id=…, from_status=…, …).
    time_left: Callable[[], float]  # Real seconds this invocation may still use.
    crew: Callable[[], AbstractContextManager[Crew]]
    known_gateways: Sequence[str] = ()  # With those that have earlier payments; empty for `gateways`.
    former_accounts: Sequence[Account] = ()  # Accounts that take no new payments.

    @property
    def gateways(self) -> tuple[str, ...]:
        """The gateways for new payments, each once."""
        return tuple(dict.fromkeys(account.gateway for account in self.accounts))

    def context(self, workspace_id: str, why: Why) -> Context:
        """The context of a use case in this workspace."""
        return Context(self.store.within(workspace_id), why, self)

    @property
    def known_accounts(self) -> tuple[Account, ...]:
        """The accounts that may have payments: current ones, former ones, and each known gateway's main account."""
        mains = map(Account, self.known_gateways)
        return tuple(dict.fromkeys((*self.accounts, *self.former_accounts, *mains)))
