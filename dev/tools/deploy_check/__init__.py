"""Checks around a deployment: `check` before anything is built, `verify` against what is deployed."""
