"""What the packer is told to do, carton by carton."""

from collections.abc import Mapping, Sequence

from fulfillment.domain.base import Identifier, Value
from fulfillment.domain.cartonization import PackedCarton, PackItem, PackPlan, Placement

_DECILITER_MM3 = 100_000


class PackStep(Value):
    """One numbered sentence for the packer; `item_ref` where it is about one item."""

    number: int
    text: str
    item_ref: str | None = None


class CartonSteps(Value):
    """All that is to be done for one carton, in this sequence, numbered from 1."""

    carton_number: int
    carton_id: Identifier
    fill_dl: int
    """Protective fill, in tenths of a liter, rounded up."""
    steps: tuple[PackStep, ...]


def pack_steps(
    plan: PackPlan,
    items: Sequence[PackItem],
    *,
    gift_message: str | None = None,
    gift_wrap: bool = False,
    properties: Mapping[int, Mapping[str, str]] | None = None,
) -> tuple[CartonSteps, ...]:
    """Put a plan into words: one list of steps per carton.

    `properties` are an order line's (by line number), such as an engraving, to be checked on each
    unit. The gift message goes into the first carton. Left and right are along the carton's
    length, front and back along its width, as the packer stands before its long side.
    """
    by_ref = {item.item_ref: item for item in items}
    listed = properties or {}
    message = _one_line(gift_message or "")
    cartons: list[CartonSteps] = []
    for number, carton in enumerate(plan.cartons, start=1):
        fill_dl = fill_deciliters(carton.void_mm3)
        sentences: list[tuple[str, str | None]] = [
            (f"Take carton {carton.carton_id} ({number} of {len(plan.cartons)}).", None)
        ]
        for place in carton.placements:
            item = by_ref[place.item_ref]
            checks = _checks(listed.get(item.line_no, {}))
            texts = [*checks, *_wrap(gift_wrap=gift_wrap), _put(place, item, carton)]
            sentences += [(f"{_called(item)}: {text}", item.item_ref) for text in texts]
        sentences += [(text, None) for text in _finish(fill_dl, message if number == 1 else "")]
        steps = tuple(
            PackStep(number=step, text=text, item_ref=ref)
            for step, (text, ref) in enumerate(sentences, start=1)
        )
        cartons.append(
            CartonSteps(
                carton_number=number, carton_id=carton.carton_id, fill_dl=fill_dl, steps=steps
            )
        )
    return tuple(cartons)


def fill_deciliters(void_mm3: int) -> int:
    """Return the protective fill for a void, in tenths of a liter, rounded up."""
    return -(-void_mm3 // _DECILITER_MM3)


def _one_line(text: str) -> str:
    """Keep a text from a customer within its sentence."""
    return " ".join(text.split())


def _called(item: PackItem) -> str:
    return f"Item {item.item_ref} ({_one_line(item.name)}, {item.sku})"


def _checks(properties: Mapping[str, str]) -> list[str]:
    return [
        f'check that {_one_line(name)} is "{_one_line(value)}".'
        for name, value in sorted(properties.items())
    ]


def _wrap(*, gift_wrap: bool) -> list[str]:
    return ["wrap it as a gift."] if gift_wrap else []


def _put(place: Placement, item: PackItem, carton: PackedCarton) -> str:
    turned = f"{place.dx_mm} mm along the length, {place.dy_mm} mm deep, {place.dz_mm} mm high"
    where = f"{_from('left', place.x_mm)}, {_from('front', place.y_mm)}"
    care = " Fragile: pad it on every side and put nothing on top of it." if item.fragile else ""
    return f"put it {_layer(place, carton)}, {where}; it lies {turned}.{care}"


def _from(side: str, distance_mm: int) -> str:
    return f"{distance_mm} mm from the {side}" if distance_mm else f"against the {side}"


def _layer(place: Placement, carton: PackedCarton) -> str:
    if place.z_mm == 0:
        return "on the bottom"
    beneath = [low.item_ref for low in carton.placements if _carries(low, place)]
    return f"on top of {' and '.join(beneath)}, {place.z_mm} mm above the bottom"


def _carries(low: Placement, high: Placement) -> bool:
    return (
        low.z_mm + low.dz_mm == high.z_mm
        and low.x_mm < high.x_mm + high.dx_mm
        and high.x_mm < low.x_mm + low.dx_mm
        and low.y_mm < high.y_mm + high.dy_mm
        and high.y_mm < low.y_mm + low.dy_mm
    )


def _finish(fill_dl: int, message: str) -> list[str]:
    """Return what is to be done once all items lie in the carton."""
    fill = f"Fill the void with {fill_dl // 10}.{fill_dl % 10} l of protective fill."
    card = f'Put in the gift message: "{message}".'
    close = "Close and tape the carton."
    return [*([fill] if fill_dl else []), *([card] if message else []), close]
