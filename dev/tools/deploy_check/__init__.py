"""Checks around a deployment: `check` before anything is built, `verify` on what is deployed."""
