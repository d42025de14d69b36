"""Settings of mail: by which server, from whom, and to whom on the staff."""

from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from fulfillment.notifications.smtp_server import SmtpServer

MailAddress = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]


class MailSettings(BaseModel):
    """How mails go out, and who is written to."""

    smtp_url: SecretStr = SecretStr("")
    """The mail server, as smtp://user:password@host:587 or smtps://…; without it, the folder."""
    sender_mail: MailAddress = "orders@shop.example"
    floor_mail: MailAddress = "floor@shop.example"
    """Who is reminded."""
    supervisor_mail: MailAddress = "supervisor@shop.example"
    """Who is told when a reminder has not helped."""
    tracking_link: Annotated[str, Field(pattern=r"^(https?://\S*\{tracking_number\}\S*)?$")] = ""
    """Where customers follow a parcel, as https://…/{tracking_number}; nowhere by default."""

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr) -> SecretStr:
        try:
            if value.get_secret_value():
                SmtpServer.parse(value.get_secret_value())
        except ValueError:
            message = "smtp://user:password@host:port, or smtps:// for TLS at once"
            raise PydanticCustomError("smtp_url", message) from None  # noqa: EM101 - its kind
        return value
