"""`fulfillment serve`: the operations over HTTP, with no logic of its own."""
