"""Faults to arm in a test; the next matching call uses one up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass

UNTIL_CLEARED = -1
EVERY_OP = "*"
EACH = "*"  # Each reason of `reject` in turn.
SECONDS_MAX = 100_000_000  # Three years, so that no time computed with it overflows a date.

REJECT = "reject"  # Answered with the gateway's own code and text, for one of the reasons that its documents name.
BEFORE_ACTING = frozenset({"refuse", "error_before", "unauthorized"})
AFTER_ACTING = frozenset({"lose_answer", "error_after", "garbage", "truncated", "slow", "new_word"})
STATUSES = {  # `error_after`: only statuses that leave open whether the gateway acted.
    "error_before": (404, 408, 409, 429, 500, 502, 503, 504),
    "error_after": (408, 409, 500, 502, 503, 504),
}
ON_THE_WIRE = BEFORE_ACTING | AFTER_ACTING


NO_REASONS: Mapping[str, Collection[str]] = {}


@dataclass(slots=True)
class Fault:
    fault: str
    op: str
    times: int
    seconds: float | None = None  # Delay of `late_webhook` and `slow`; None: the default.
    reason: str = ""  # Only with `reject`.
    status: int = 500  # HTTP status answered under `error_before` and `error_after`.
    account: str = ""  # The fault hits only calls for this account; "": all calls.

    def hits(self, fault: str, op: str, account: str) -> bool:
        return self.fault == fault and self.op in (op, EVERY_OP) and self.account in (account, "")


class UnknownFaultError(ValueError):
    """The fault cannot be armed; the text lists the allowed values."""


class Faults:
    """`reasons`: by op, the reasons for which it can be rejected. `accounts`: the accounts for which calls are made."""

    def __init__(
        self,
        ops_by_fault: Mapping[str, Collection[str]],
        reasons: Mapping[str, Collection[str]] = NO_REASONS,
        accounts: Collection[str] = ("main",),
    ) -> None:
        self._ops_by_fault, self._accounts = ops_by_fault, accounts
        self.reasons = {op: sorted(of_op) for op, of_op in reasons.items()}
        self._armed: list[Fault] = []

    @property
    def allowed(self) -> dict[str, list[str]]:
        return {fault: [*sorted(ops), EVERY_OP] for fault, ops in sorted(self._ops_by_fault.items())}

    def arm(
        self,
        fault: object,
        op: object = EVERY_OP,
        times: object = 1,
        seconds: object = None,
        reason: object = "",
        status: object = 500,
        account: object = "",
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
        reasons = self._reasons_of(op)
        if (reason in (*reasons, EACH)) is not (fault == REJECT):
            raise UnknownFaultError(
                f"reason goes with {REJECT}, and is one of: {' '.join(reasons)}, or {EACH} for each in turn"
            )
        if status not in STATUSES.get(fault, (500,)):
            raise UnknownFaultError(f"status goes with {_message(STATUSES)}")
        if account not in ("", *self._accounts) or (account and fault not in {*ON_THE_WIRE, REJECT}):
            by_account = " ".join(sorted({*ON_THE_WIRE, REJECT}))
            raise UnknownFaultError(f"account is one of: {' '.join(self._accounts)}; it goes with {by_account}")
        late_s = None if seconds is None else float(seconds)
        armed = Fault(fault, str(op), times, late_s, str(reason), int(str(status)), str(account))
        self._armed.append(armed)
        return armed

    def _reasons_of(self, op: object) -> list[str]:
        """Reasons for one op, or for all."""
        return sorted({reason for name, of_op in self.reasons.items() if op in (name, EVERY_OP) for reason in of_op})

    def take(self, op: str, *faults: str, account: str = "") -> Fault | None:
        """Use up once, and return, the first armed fault among these kinds that matches this op and account; None if
        none.
        """
        for armed in self._armed:
            is_in_answer = armed.fault != REJECT or armed.reason in (*self._reasons_of(op), EACH)
            if is_in_answer and any(armed.hits(fault, op, account) for fault in faults):
                self._use(armed)
                return armed
        return None

    def _use(self, armed: Fault) -> None:
        if armed.times != UNTIL_CLEARED:
            armed.times -= 1
        self._armed = [other for other in self._armed if other.times != 0]

    def disarm(self, fault: Fault) -> None:
        self._armed = [other for other in self._armed if other is not fault]

    def list(self) -> list[dict[str, object]]:
        return [asdict(fault) for fault in self._armed]

    def clear(self) -> None:
        self._armed.clear()


def _message(statuses: Mapping[str, Collection[int]]) -> str:
    return ", ".join(f"{fault} ({' '.join(map(str, of_fault))})" for fault, of_fault in statuses.items())
