"""Find a case by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.domain.records.case import Case
from payments.usecases.errors import CaseNotFound
from payments.usecases.translate import get_or_raise

if TYPE_CHECKING:
    from payments.store.contract.cases import CaseStore


def case_of(store: CaseStore, case_id: str) -> Case:
    """The case. Raises CaseNotFound."""
    return get_or_raise(store.get_case, case_id, CaseNotFound("no such case"))
