"""What a customer is told: in their language, what they want to hear, and what mail refuses."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from temporalio.client import Client

from floor_driver import place
from fulfillment.ports import Handed, Mail, Ports
from plant import order_data, plant


@dataclass
class RefusedMail:
    """A mail server that takes nothing."""

    offered: list[Mail] = field(default_factory=list)

    async def send(self, key: str, mail: Mail) -> Handed:
        """Refuse a mail for good."""
        del key
        self.offered.append(mail)
        return Handed(refused="the mail server refused it for good (550)")


async def test_only_the_essential_in_german(client: Client, tmp_path: Path) -> None:
    """A courtesy is weighed and not sent; what mail refuses goes on record, and nothing waits."""
    server = RefusedMail()

    def with_server(ports: Ports) -> Ports:
        return replace(ports, notifier=server)

    customer = order_data("A")["customer"] | {"locale": "de-AT", "notices": "essential"}
    async with plant(client, tmp_path, change=with_server) as shop:
        order = await place(shop, "wishes", customer=customer)
        await order.share()
        await order.cancel()
        assert "canceled" == await order.ended()
        notices = await shop.read(lambda tx: tx.journal.notices(order.order_id))
        actions = await shop.read(lambda tx: tx.journal.actions(order.order_id))
    told = [(notice.kind, notice.recipient) for notice in notices]
    assert [("acknowledged", ""), ("canceled", "ada@example.com")] == told
    [mail] = server.offered
    assert (mail.language, "storniert" in mail.subject, "<html" in mail.html) == ("de", True, True)
    refused = [(a.action, a.by, a.detail) for a in actions if a.refused]
    why = "the mail server refused it for good (550)"
    assert [("tell canceled", "mail server", why)] == refused
