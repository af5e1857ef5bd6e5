"""Keeps moto's interpreter from importing AWS Batch, EC2 and their dependencies, which take a second of every start.

Import this before moto.stepfunctions.parser.
"""

import enum
import sys
import types


class _JobStatus(enum.StrEnum):
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


def _stand_in(name: str, **attributes: object) -> None:
    if name not in sys.modules:
        module = types.ModuleType(name)
        vars(module).update(attributes)
        sys.modules[name] = module


# All that the interpreter's Batch task uses. No state machine here runs Batch jobs.
_stand_in("moto.batch", __path__=[])
_stand_in("moto.batch.utils", JobStatus=_JobStatus)
