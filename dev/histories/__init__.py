"""Deterministic simulation: the production code under a seeded scheduler that decides order, delay, loss and death."""
