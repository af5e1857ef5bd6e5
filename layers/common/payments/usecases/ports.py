"""The ports every use case is handed; wiring builds them."""

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

if TYPE_CHECKING:
    from payments.gateways.contract.gateway import Gateway
    from payments.gateways.contract.public import PublicValues
    from payments.store.contract.stores import Store


class Flow(Protocol):
    """Starts the polling execution of an attempt; named by it, so starting twice is starting once."""

    def start_poll(self, payment: Payment, attempt: Attempt) -> bool:
        """Whether an execution now carries the attempt. Never raises: the sweep carries what this does not."""


class Crew(Protocol):
    """Runs jobs side by side: threads in a deployed function. A job does not raise."""

    @property
    def size(self) -> int:
        """How many jobs may run at once."""

    def start(self, job: Callable[[], Any]) -> None: ...

    def wait(self) -> Any:
        """Block until a started job has ended; its result. Each result is returned once."""


@record
class Ports:
    store: Store
    gateway: Callable[[Account], Gateway]  # Raises UnknownGateway.
    public: Callable[[Account], PublicValues]  # What browsers may know. Raises Misconfigured, Unavailable.
    accounts: Sequence[Account]  # Those that new payments may go to, in the deployment's order.
    clock: Clock
    ids: Ids
    flow: Flow
    count: Callable[[str, int], None]  # Counts a metric by its name.
    note: Callable[..., None]  # Logs what happened: note("attempt.failed", payment_id=…, from_status=…, …).
    time_left: Callable[[], float]  # Real seconds this invocation may still use.
    crew: Callable[[], AbstractContextManager[Crew]]
    known_gateways: Sequence[str] = ()  # Those that may have payments of earlier times, too; empty for `gateways`.
    former_accounts: Sequence[Account] = ()  # Accounts that take no new payments.

    @property
    def gateways(self) -> tuple[str, ...]:
        """Those that new payments may go to, each once."""
        return tuple(dict.fromkeys(account.gateway for account in self.accounts))

    def context(self, workspace_id: str, why: Why) -> Context:
        """For use cases that write in this workspace."""
        return Context(self.store.within(workspace_id), why, self)

    @property
    def known_accounts(self) -> tuple[Account, ...]:
        """Those that may have payments: today's, former ones, and the main account of each known gateway."""
        mains = map(Account, self.known_gateways)
        return tuple(dict.fromkeys((*self.accounts, *self.former_accounts, *mains)))
