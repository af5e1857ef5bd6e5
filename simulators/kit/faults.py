"""Faults that wait for their moment: armed by a test, taken by the call they hit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

UNTIL_CLEARED = -1
EVERY_OP = "*"
SECONDS_MAX = 100_000_000  # Three years: no time made of it is beyond what a date can say.

REJECT = "reject"  # In the gateway's own code and words, for one of the reasons that its documents name.
BEFORE_ACTING = frozenset({"refuse", "error_before", "unauthorized"})
AFTER_ACTING = frozenset({"lose_answer", "error_after", "garbage", "slow"})
ON_THE_WIRE = BEFORE_ACTING | AFTER_ACTING


@dataclass(slots=True)
class Fault:
    fault: str
    op: str
    times: int
    seconds: float | None = None  # How late or how slow, where the default will not do.
    reason: str = ""  # Of `reject`.

    def hits(self, fault: str, op: str) -> bool:
        return self.times != 0 and self.fault == fault and self.op in (op, EVERY_OP)


class UnknownFaultError(ValueError):
    """Its text lists what is allowed."""


class Faults:
    def __init__(self, ops_by_fault: Mapping[str, Collection[str]], reasons: Collection[str] = ()) -> None:
        self._ops_by_fault, self.reasons = ops_by_fault, sorted(reasons)
        self._armed: list[Fault] = []

    @property
    def allowed(self) -> dict[str, list[str]]:
        return {fault: [*sorted(ops), EVERY_OP] for fault, ops in sorted(self._ops_by_fault.items())}

    def arm(
        self, fault: object, op: object = EVERY_OP, times: object = 1, seconds: object = None, reason: object = ""
    ) -> Fault:
        if not isinstance(fault, str) or fault not in self._ops_by_fault:
            raise UnknownFaultError(f"fault must be one of: {' '.join(sorted(self._ops_by_fault))}")
        if op != EVERY_OP and op not in self._ops_by_fault[fault]:
            raise UnknownFaultError(f"op of {fault} must be one of: {' '.join(self.allowed[fault])}")
        if not isinstance(times, int) or isinstance(times, bool) or (times < 1 and times != UNTIL_CLEARED):
            raise UnknownFaultError("times must be a whole number from 1, or -1 for until cleared")
        if seconds is not None and (
            isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= SECONDS_MAX
        ):
            raise UnknownFaultError(f"seconds must be a number from 0 to {SECONDS_MAX}")
        if (reason in self.reasons) is not (fault == REJECT):
            raise UnknownFaultError(f"reason goes with {REJECT}, and is one of: {' '.join(self.reasons)}")
        armed = Fault(fault, str(op), times, None if seconds is None else float(seconds), str(reason))
        self._armed.append(armed)
        return armed

    def take(self, op: str, *faults: str) -> Fault | None:
        """The first armed fault of these that hits this op, used up by one."""
        for armed in self._armed:
            if any(armed.hits(fault, op) for fault in faults):
                self._use(armed)
                return armed
        return None

    def _use(self, armed: Fault) -> None:
        if armed.times != UNTIL_CLEARED:
            armed.times -= 1
        self._armed = [other for other in self._armed if other.times != 0]

    def list(self) -> list[dict[str, object]]:
        return [asdict(fault) for fault in self._armed]

    def clear(self) -> None:
        self._armed.clear()
