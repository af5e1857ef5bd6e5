"""The decision that a person wants, and whether it is one that the case allows."""

from __future__ import annotations

from collections.abc import Mapping

from payments.domain.records.case import OUTCOMES, Case, Outcome
from payments.record import record
from payments.usecases.errors import OutcomeNotAllowed

# The field that an outcome requires beside the note. Other outcomes take none.
FIELD: Mapping[Outcome, str] = {
    Outcome.REFUNDED_OUTSIDE: "reference",
    Outcome.ATTRIBUTE: "attempt_id",
    Outcome.OURS: "payment_id",
}
_FIELD_USES = {
    "reference": "the reference under which the money went back",
    "attempt_id": "the attempt that the money belongs to",
    "payment_id": "the payment that the order belongs to",
}


@record
class Wanted:
    """The decision that a person sends. `FIELD` has the field that each outcome requires."""

    outcome: Outcome
    note: str
    reference: str = ""
    attempt_id: str = ""
    payment_id: str = ""


def require_allowed(case: Case, wanted: Wanted) -> None:
    """Raises OutcomeNotAllowed: the case has no such outcome, or a field is missing or too many."""
    allowed = [str(outcome) for outcome in OUTCOMES[case.kind]]
    if wanted.outcome not in OUTCOMES[case.kind]:
        raise OutcomeNotAllowed(f"send outcome {' or '.join(allowed)} for a case of {case.kind}", outcomes=allowed)
    its_field = FIELD.get(wanted.outcome, "")
    for name, use in _FIELD_USES.items():
        if name == its_field and not getattr(wanted, name):
            raise OutcomeNotAllowed(f"send {name} with outcome {wanted.outcome}: {use}", outcomes=allowed)
        if name != its_field and getattr(wanted, name):
            raise OutcomeNotAllowed(f"leave out {name} with outcome {wanted.outcome}", outcomes=allowed)
