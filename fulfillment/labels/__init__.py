"""Adapters that print: labels and packing slips."""
