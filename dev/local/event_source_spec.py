"""Reads from the template which streams of tables start which functions."""

from collections.abc import Iterable, Iterator
from typing import Any

from dev.local.blueprint import EventSourceSpec, FunctionSpec, TableSpec
from dev.local.event_pattern import BadPatternError, compiled
from dev.local.options import StackError

_FOR_EVER = -1
_BATCH_SIZE = 100  # Lambda's own default for a stream.
_KNOWN = {
    "BatchSize",
    "Enabled",
    "EventSourceArn",
    "FilterCriteria",
    "FunctionName",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "StartingPosition",  # The stream is as old as the stack, so every position is its beginning.
}


def event_source(
    logical_id: str, of: dict[str, Any], functions: Iterable[FunctionSpec], tables: Iterable[TableSpec]
) -> EventSourceSpec:
    """Raises StackError for what the local stack cannot do."""
    if unknown := sorted(of.keys() - _KNOWN):
        raise StackError(f"{logical_id}: the local stack knows no {', '.join(unknown)} of an event source.")
    return EventSourceSpec(
        function=_function(logical_id, of["FunctionName"], functions),
        table=_table(logical_id, of["EventSourceArn"], tables),
        batch_size=int(of.get("BatchSize", _BATCH_SIZE)),
        at_once=int(of.get("ParallelizationFactor", 1)),
        patterns=tuple(_patterns(logical_id, of.get("FilterCriteria", {}))),
        age_seconds_max=int(of.get("MaximumRecordAgeInSeconds", _FOR_EVER)),
        retries=int(of.get("MaximumRetryAttempts", _FOR_EVER)),
    )


def _function(logical_id: str, name: str, functions: Iterable[FunctionSpec]) -> str:
    for function in functions:
        if name in function.called_at:
            return function.logical_id
    raise StackError(f"{logical_id}: there is no function {name}.")


def _table(logical_id: str, arn: str, tables: Iterable[TableSpec]) -> str:
    for table in tables:
        if table.stream and table.stream_arn == arn:
            if table.stream != "KEYS_ONLY":
                raise StackError(f"{logical_id}: the local stack streams KEYS_ONLY, not {table.stream}.")
            return table.name
    raise StackError(f"{logical_id}: only the stream of a table of this template starts a function, not {arn}.")


def _patterns(logical_id: str, criteria: dict[str, Any]) -> Iterator[str]:
    for each in criteria.get("Filters", ()):
        try:
            compiled(each["Pattern"])
        except BadPatternError as fault:
            raise StackError(f"{logical_id}: {fault}.") from fault
        yield each["Pattern"]
