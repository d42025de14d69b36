"""What `python -m bench.shipping` reports, on a few orders."""

from bench.shipping import documents, measured


async def test_the_joint_decision_is_never_dearer() -> None:
    """Not on the demo's orders, nor on a reseller's; and sometimes it is cheaper."""
    few, many = await measured(8, most_units=1), await measured(8, most_units=3)

    for figures in (few, many):
        assert (0, 8) == (figures["worse"], figures["orders"])
        assert figures["joint_cost"] <= figures["fewest_cartons_cost"]
    assert many["units"] > few["units"]


def test_documents_of_each_kind_are_counted() -> None:
    """Two of each are made."""
    figures = documents(2)

    kinds = {"label_pdf", "label_zpl", "label_png", "packing_slip_pdf"}
    assert kinds == set(figures["documents_per_s_by_kind"])
    assert figures["documents_per_s"] > 0
