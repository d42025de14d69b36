"""Orders of other shops' software, as orders of ours: pure mappings, each refusing by field."""
