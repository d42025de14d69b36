"""Adapters to carriers: our own contract tariffs, and the networks of others."""
