"""What of a storefront's order is compared with what was seen of it before."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Value
from fulfillment.domain.errors import InvalidOrder
from fulfillment.domain.orders import problems_of
from fulfillment.domain.storefront_orders import Seen, SeenLine
from fulfillment.storefronts.amounts import SoldLine
from fulfillment.storefronts.mapping import theirs


class Heard(Value):
    """What a storefront's payload says of an order that is on record."""

    seen: Seen
    ship_to: dict[str, Any] | None = None
    """The fields of an Address, or None where the payload has none of use."""
    paths: dict[str, str]

    def address(self) -> Address:
        """Return where it goes.

        Raises:
            InvalidOrder: it is no address of ours; by the payload's paths.

        """
        try:
            return Address.model_validate(self.ship_to)
        except ValidationError as error:
            wrong = (
                found.model_copy(update={"path": f"ship_to.{found.path}"})
                for found in problems_of(error)
            )
            raise InvalidOrder.of(*(theirs(found, self.paths) for found in wrong)) from error


def heard_of(
    lines: Iterable[SoldLine],
    ship_to: Callable[[], dict[str, Any]],
    wishes: object,
    paths: Mapping[str, str],
    **rest: Any,  # noqa: ANN401 - fields of Seen
) -> Heard:
    """Return what is heard: hashes stand for the address and for what the customer wants done.

    Where on Earth the address is does not count: storefronts find that out later.
    """
    try:
        to = ship_to()
    except InvalidOrder:
        to = None
    return Heard(
        seen=Seen(
            lines=tuple(_seen(line) for line in lines),
            ship_to=_hash({**to, "place": None}) if to else "",
            wishes=_hash(wishes),
            **rest,
        ),
        ship_to=to,
        paths=dict(paths),
    )


def _seen(line: SoldLine) -> SeenLine:
    return SeenLine(
        line_id=line.line_id or line.path,
        line_no=line.line_no,
        sku=line.sku,
        kept=line.kept,
        to_ship=line.shipped,
        wishes=_hash(line.properties),
    )


def _hash(content: object) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
