"""EasyPost: the networks of many carriers behind one interface (https://docs.easypost.com).

Each operation is a module with pure requests and a pure `parse_response`; `http` sends them,
`carrier` puts them together as a CarrierClient.
"""

from fulfillment.carriers.easypost.network import EasyPostSettings, open_network

__all__ = ["EasyPostSettings", "open_network"]
