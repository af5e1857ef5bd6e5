"""One run of a job at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from payments.usecases.parts import Parts

LEASE_S = 70.0  # Longer than a function lives.


@contextmanager
def job_lease(job: str, parts: Parts) -> Iterator[bool]:
    """Whether this run has the job's lease; False while another run is at work. It is ended in any case."""
    now = parts.clock.now()
    fence = parts.store.take_job_lease(job, new_owner(parts), now, now + parts.clock.lasting(LEASE_S))
    try:
        yield fence is not None
    finally:
        if fence is not None:
            parts.store.end_job_lease(job, fence)


def new_owner(parts: Parts) -> str:
    """A name for this run that no other has."""
    return parts.ids.token("")[:16]
