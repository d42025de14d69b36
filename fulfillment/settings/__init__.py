"""The product's settings: from FULFILLMENT_* variables and DATABASE_URL, read once at the start.

Which Temporal server is used is said by Temporal's own TEMPORAL_* variables or temporal.toml.
"""

from fulfillment.settings.model import DATABASE_VARIABLE, PREFIX, Settings
from fulfillment.settings.reading import SettingsInvalid, load_settings, variables

__all__ = [
    "DATABASE_VARIABLE",
    "PREFIX",
    "Settings",
    "SettingsInvalid",
    "load_settings",
    "variables",
]
