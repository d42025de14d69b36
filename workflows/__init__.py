"""Workflows: deterministic orchestration only, in the trade's own list of steps."""
