"""STS: the caller's identity. Nothing checks permissions here, so it is always the same."""

from dev.local.blueprint import ACCOUNT
from dev.local.protocol import Given, Service


def service() -> Service:
    return Service("sts", {"GetCallerIdentity": _identity})


def _identity(given: Given) -> Given:
    return {"UserId": "local", "Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/local"}
