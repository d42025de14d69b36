"""Logs, metrics and traces: what the engine says of itself; never anybody's personal data."""
