"""A model of DynamoDB: fast, exact, in this process, with an injected clock."""

from dev.dynamodb_model.model import Change, DynamoDB
from dev.dynamodb_model.transactions import Transaction

__all__ = ["Change", "DynamoDB", "Transaction"]
