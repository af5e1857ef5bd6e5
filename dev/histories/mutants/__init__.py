"""Planted bugs: one line of production code changed in memory, to prove that the simulation or a test would see it."""
