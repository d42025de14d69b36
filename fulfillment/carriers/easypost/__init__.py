"""EasyPost: the networks of many carriers behind one interface (https://docs.easypost.com).

Each operation is a module with a pure `to_request` and a pure `parse_response`; `http` sends them,
`carrier` puts them together as a CarrierClient.
"""
