"""A stand-in for DynamoDB: fast, exact, in this process, on a clock of its own."""

from simulators.dynamodb.model import Change, DynamoDB
from simulators.dynamodb.transactions import Transaction

__all__ = ["Change", "DynamoDB", "Transaction"]
