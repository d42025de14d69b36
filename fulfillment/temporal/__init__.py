"""What ties this product to Temporal: client, plugin, search attributes, a server of its own."""
