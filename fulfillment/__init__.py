"""Order fulfillment that cannot lose an order."""

__version__ = "0.1.0"
