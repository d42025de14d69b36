"""The trade's rules, pure: no clock, no disk, no network, no Temporal."""
