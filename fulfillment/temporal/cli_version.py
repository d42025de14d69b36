"""The release of the Temporal CLI that this product downloads or builds."""

CLI_VERSION = "1.8.2"
"""The same that cli_module/go.mod requires; its server is 1.31.2."""
