"""Activities: one input, a port or a store, one result; thin."""
