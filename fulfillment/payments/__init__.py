"""Payment gateways behind the one port: for now a sandbox of our own."""
