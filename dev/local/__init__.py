"""Runs template.yaml on this machine. Never ships."""
