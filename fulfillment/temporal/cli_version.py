"""The releases of Temporal's programs that this product downloads or builds."""

CLI_VERSION = "1.8.2"
"""The same that go_module/go.mod requires; its server is SERVER_VERSION."""

SERVER_VERSION = "1.31.2"
"""The same that go_module/go.mod requires, and docker-compose.yml."""
UI_VERSION = "2.50.1"
"""The same that go_module/go.mod requires, and docker-compose.yml."""
