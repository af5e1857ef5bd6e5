"""Job leases: of each job, one run works at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from payments.store.contract.errors import StoreUnavailable
from payments.usecases.errors import why_of
from payments.usecases.ports import Ports

LEASE_S = 70.0  # Longer than a function's timeout.

Report = dict[str, object]


def run_alone(job: str, work: Callable[[], Report], ports: Ports) -> Report:
    """Do `work` under the job's lease and return its report.

    Returns {"skipped": why} if another run has the lease, or if the store does not answer.
    """
    try:
        now = ports.clock.now()
        fence = ports.store.take_job_lease(job, new_owner(ports), now, now + ports.clock.lasting(LEASE_S))
        if fence is None:
            return {"skipped": "another run is at work"}
        try:
            return work()
        finally:
            with suppress(StoreUnavailable):  # The lease ends by itself.
                ports.store.end_job_lease(job, fence)
    except StoreUnavailable as failure:
        ports.note("job.stopped", level="WARNING", job=job, error=type(failure).__name__, why=why_of(failure))
        return {"skipped": "the store did not answer"}


def new_owner(ports: Ports) -> str:
    """A unique name for this run."""
    return ports.ids.token("")[:16]
