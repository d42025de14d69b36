"""A campaign of faults against the whole engine, and what it must not have cost (make chaos)."""
