"""A stand-in for DynamoDB: fast, exact, in this process, on a clock of its own."""

from dev.dynamodb_model.model import Change, DynamoDB
from dev.dynamodb_model.transactions import Transaction

__all__ = ["Change", "DynamoDB", "Transaction"]
