"""Which mail server mails are handed to, read from a URL."""

from urllib.parse import unquote, urlsplit

from fulfillment.domain.base import Value

PORTS = {"smtp": 25, "smtps": 465}


class SmtpServer(Value):
    """Where mails are handed in: `smtp://user:password@host:587`, or `smtps://` for TLS at once.

    By `smtp` the connection is encrypted by STARTTLS wherever the server offers it; with a user
    it must be, except on this machine.
    """

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = ""

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Return the server of a URL; raises ValueError, which does not show the URL."""
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/"):
            message = "smtp://user:password@host:port, or smtps:// for TLS at once"
            raise ValueError(message)
        return cls(
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            tls=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )
