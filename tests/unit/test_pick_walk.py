"""A walk along the bins: what is next, what is refused, what is taken back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.barcodes import Goods
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.pick_batches import BatchPick
from fulfillment.domain.pick_walk import PickWalk, PutBack, check_finished
from fulfillment.domain.scans import Accepted, Expected, Scan, ScanKind


def pick(number: int, bin_id: str, sku: str, quantity: int, member: str = "A-1") -> BatchPick:
    """Return a pick into the member's own tote."""
    return BatchPick(
        pick_no=number,
        bin_id=bin_id,
        sku=sku,
        quantity=quantity,
        fulfillment_id=member,
        order_id=member[0],
        line_no=1,
        tote=f"T-{member}",
    )


WALK = PickWalk(picks=(pick(1, "B1", "MUG", 3), pick(2, "B1", "PEN", 1, "C-1")))


def scan(kind: str, code: str = "", quantity: int | None = None) -> Scan:
    """Return a scan."""
    return Scan(kind=ScanKind(kind), code=code, quantity=quantity)


def after(walk: PickWalk, *scans: Scan) -> PickWalk:
    """Return the walk after these scans were accepted."""
    for one in scans:
        walk = with_scan(walk, walk.accept(one, len(walk.scans) + 1))
    return walk


def with_scan(walk: PickWalk, accepted: Accepted) -> PickWalk:
    """Return the walk after an accepted scan."""
    return walk.model_copy(update={"scans": (*walk.scans, accepted)})


def as_expected(expected: Expected, units: int | None = None) -> Scan:
    """Return the scan that is expected."""
    taken = units or (expected.quantity if expected.kind is ScanKind.ITEM else None)
    goods = Goods(sku=expected.sku, lot=expected.lot)
    return Scan(kind=expected.kind, code=expected.code, quantity=taken, goods=goods)


def finish(walk: PickWalk) -> PickWalk:
    """Return the walk after every scan that it expects."""
    while (expected := walk.next_scan()) is not None:
        walk = after(walk, as_expected(expected))
    return walk


def test_bin_item_quantity_and_tote_are_asked_for_one_after_the_other() -> None:
    """A bin is scanned once for all that is taken there."""
    said = [str(WALK.next_scan())]
    walk = WALK
    for one in (
        scan("bin", "B1"),
        scan("item", "MUG"),
        scan("quantity", quantity=3),
        scan("tote", "T-A-1"),
        scan("item", "PEN"),
        scan("tote", "T-C-1"),
    ):
        walk = after(walk, one)
        said.append(str(walk.next_scan()))
    assert said == [
        "go to bin B1 and scan it",
        "take 3 of MUG from bin B1, and scan the item",
        "take 2 of MUG from bin B1, and scan the item",
        "put 3 of MUG into tote T-A-1 and scan it",
        "take 1 of PEN from bin B1, and scan the item",
        "put 1 of PEN into tote T-C-1 and scan it",
        "None",
    ]
    check_finished(walk)


AT_BIN = after(WALK, scan("bin", "B1"))
HALF = after(AT_BIN, scan("item", "MUG"))


@pytest.mark.parametrize(
    ("walk", "wrong", "expected", "came", "remedy"),
    [
        (WALK, scan("bin", "B2"), "bin B1", "bin B2", "go to bin B1"),
        (WALK, scan("item", "MUG"), "bin B1", "item MUG", "go to bin B1"),
        (WALK, scan("short"), "bin B1", "short", "go to bin B1"),
        (AT_BIN, scan("item", "PEN"), "item MUG", "item PEN", "put it back, and take 3 of MUG"),
        (AT_BIN, scan("item", "MUG", 4), "at most 3", "4", "put the rest back"),
        (AT_BIN, scan("quantity", quantity=2), "item MUG", "quantity 2", "take 3 of MUG"),
        (HALF, scan("quantity", quantity=1), "2 to 3", "1", "in all"),
        (HALF, scan("tote", "T-A-1"), "item MUG", "tote T-A-1", "take 2 of MUG"),
        (WALK, scan("undo"), "a scan to take back", "none", "go on"),
    ],
)
def test_a_wrong_scan_is_refused(
    walk: PickWalk, wrong: Scan, expected: str, came: str, remedy: str
) -> None:
    """It says what was expected, what came and what to do."""
    with pytest.raises(ConfirmationRefused) as refused:
        walk.accept(wrong, 99)
    [problem] = refused.value.problems
    assert (expected, came) == (problem.expected, problem.came) or came in problem.came
    assert expected in problem.expected
    assert remedy in problem.remedy


def test_the_lot_and_the_expiry_of_goods_in_hand_are_checked() -> None:
    """Another lot, none, or goods that have expired are refused."""
    lotted = pick(1, "B1", "MILK", 1).model_copy(update={"lot": "L2"})
    walk = after(PickWalk(picks=(lotted,)), scan("bin", "B1"))
    today = "2026-11-25"

    def in_hand(lot: str, expires: str) -> Scan:
        goods = {"sku": "MILK", "lot": lot, "expires": expires}
        return Scan.model_validate({"kind": "item", "code": "x", "goods": goods, "on": today})

    for lot, expires, expected in (
        ("L1", "2026-12-01", "L2"),
        ("", "2026-12-01", "L2"),
        ("L2", "2026-11-24", "goods good on 2026-11-25"),
    ):
        with pytest.raises(ConfirmationRefused) as refused:
            walk.accept(in_hand(lot, expires), 2)
        assert expected == refused.value.problems[0].expected
    assert walk.accept(in_hand("L2", today), 2).units == 1


def test_what_is_short_is_left_there() -> None:
    """What was taken before goes into its tote; a short pick can't be undone."""
    walk = after(HALF, scan("short"))
    assert "put 1 of MUG into tote T-A-1 and scan it" == str(walk.next_scan())
    with pytest.raises(ConfirmationRefused) as refused:
        walk.accept(scan("undo"), 9)
    assert "recount" in refused.value.problems[0].remedy
    assert (
        after(AT_BIN, scan("short")).next_scan()
        == after(HALF, scan("short"), scan("tote", "T-A-1")).next_scan()
    )


def test_a_withdrawn_order_s_goods_go_back_at_the_end() -> None:
    """What it had on the cart is put back into its bin; what was not taken is left out."""
    back = PutBack(
        put_back_id="P1",
        fulfillment_id="A-1",
        order_id="A",
        bin_id="B1",
        sku="MUG",
        quantity=2,
        tote="T-A-1",
    )
    walk = after(HALF, scan("quantity", quantity=2)).model_copy(
        update={"withdrawn": frozenset({"A-1"}), "put_backs": (back,)}
    )
    assert "take 1 of PEN from bin B1, and scan the item" == str(walk.next_scan())
    with pytest.raises(ConfirmationRefused) as refused:
        walk.accept(scan("undo"), 9)
    assert "a scan for an order that is live" == refused.value.problems[0].expected
    walk = after(walk, scan("item", "PEN"), scan("tote", "T-C-1"))
    assert "put 2 of MUG back into bin B1, and scan the item" == str(walk.next_scan())
    for wrong in (scan("item", "MUG", 1), scan("item", "PEN"), scan("short"), scan("quantity")):
        with pytest.raises(ConfirmationRefused):
            walk.accept(wrong, 9)
    with pytest.raises(ConfirmationRefused):
        check_finished(walk)
    done = walk.accept(scan("item", "MUG"), 9)
    assert (2, "P1") == (done.units, done.put_back)
    check_finished(with_scan(walk.model_copy(update={"put_backs": ()}), done))


PLANS = st.lists(
    st.tuples(
        st.sampled_from(("B1", "B2", "B3")),
        st.sampled_from(("MUG", "PEN", "INK")),
        st.integers(1, 4),
        st.sampled_from(("A-1", "C-1", "D-1")),
    ),
    min_size=1,
    max_size=6,
)
SCANS = st.lists(
    st.one_of(
        st.builds(
            scan,
            st.sampled_from([kind.value for kind in ScanKind if kind is not ScanKind.SHORT]),
            st.sampled_from(("B1", "B2", "B3", "MUG", "PEN", "T-A-1", "T-C-1", "", "?")),
            st.sampled_from((None, 1, 2, 5)),
        ),
        st.integers(1, 4),  # the expected scan, of so many units
    ),
    max_size=25,
)


@settings(max_examples=150)
@given(PLANS, SCANS)
def test_scans_in_any_order_never_take_too_much_and_the_walk_can_always_be_finished(
    plan: list[tuple[str, str, int, str]], scans: list[Scan | int]
) -> None:
    """Refused ones change nothing, an undo gives back the state before, all is taken at the end."""
    walk = PickWalk(picks=tuple(pick(n, *one) for n, one in enumerate(plan, 1)))
    states: list[Expected | None] = []
    for one in scans:
        expected = walk.next_scan()
        if isinstance(one, Scan):
            wanted = one
        elif expected is None:
            continue
        else:
            wanted = as_expected(expected, one)
        try:
            accepted = walk.accept(wanted, len(walk.scans) + 1)
        except ConfirmationRefused:
            assert expected == walk.next_scan()
            continue
        before = walk
        walk = with_scan(walk, accepted)
        if accepted.kind is ScanKind.UNDO:
            assert states.pop() == walk.next_scan()
        else:
            states.append(before.next_scan())
        taken = walk.tally().taken
        assert all(0 <= taken[p.pick_no] <= p.quantity for p in walk.picks)
    walk = finish(walk)
    assert {p.pick_no: p.quantity for p in walk.picks} == dict(+walk.tally().taken)
    assert walk.tally().placed == {p.pick_no for p in walk.picks}
