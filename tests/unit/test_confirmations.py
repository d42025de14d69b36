"""What people say they did."""

import pytest

from fulfillment.domain.confirmations import (
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    SortConfirmation,
    check_handed_over,
    check_packed,
    check_person,
    check_sorted,
    check_stage,
    parse_confirmation,
)
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.lifecycle import Stage


@pytest.mark.parametrize("nothing", [None, {}, ""])
def test_a_signal_without_content_means_done_as_planned_by_unknown(nothing: object) -> None:
    """The Temporal UI's signal button need not be filled in."""
    assert PickConfirmation() == parse_confirmation(PickConfirmation, nothing)


def test_a_bare_name_says_who_did_it() -> None:
    """A text alone is taken as the person."""
    assert PickConfirmation(by="ann") == parse_confirmation(PickConfirmation, "ann")


@pytest.mark.parametrize(
    "nonsense", [5, [1], {"by": 5}, {"picked": "all"}, {"by": ""}, "a\x00b", {"note": "\x00"}]
)
def test_nonsense_is_refused_and_not_taken_as_done(nonsense: object) -> None:
    """What can't be understood must not move goods."""
    with pytest.raises(ConfirmationRefused):
        parse_confirmation(PickConfirmation, nonsense)


@pytest.mark.parametrize(
    ("now", "remedy"),
    [
        (Stage.PICKING, "confirm the earlier steps first"),
        (Stage.LABELING, "this step is done already"),
        (Stage.CANCELED, "the fulfillment was canceled; put the goods back"),
    ],
)
def test_a_confirmation_at_another_stage_is_refused_with_what_to_do(
    now: Stage, remedy: str
) -> None:
    """Too early, too late, and after a cancellation are told apart."""
    with pytest.raises(ConfirmationRefused, match=remedy):
        check_stage(now, Stage.PACKING)
    check_stage(Stage.PACKING, Stage.PACKING)


def test_a_task_that_was_given_to_someone_is_theirs() -> None:
    """Bob can't confirm Ann's task; who is unknown, as from the UI, may."""
    check_person(None, "bob")
    check_person("ann", "ann")
    check_person("ann", "unknown")
    with pytest.raises(ConfirmationRefused, match="person: expected ann, came bob"):
        check_person("ann", "bob")


def test_another_slot_is_refused() -> None:
    """The slot may be left out, but not be wrong."""
    check_sorted("7", SortConfirmation())
    check_sorted("7", SortConfirmation(slot="7"))
    with pytest.raises(ConfirmationRefused, match="slot: expected 7, came 8"):
        check_sorted("7", SortConfirmation(slot="8"))


def test_other_cartons_are_refused() -> None:
    """The order of the cartons does not matter, their kinds and number do."""
    check_packed(["S", "M"], PackConfirmation(cartons=("M", "S")))
    with pytest.raises(ConfirmationRefused, match="cartons: expected S, M, came S"):
        check_packed(["S", "M"], PackConfirmation(cartons=("S",)))


def test_a_foreign_or_missing_parcel_is_refused_and_so_is_another_carrier() -> None:
    """Exactly this fulfillment's parcels go with their carrier."""
    codes = ["340123451234567895", "340123450000000010"]
    check_handed_over(
        "overland",
        ["T1", "T2"],
        codes,
        HandoverConfirmation(
            tracking_numbers=("T2", "T1"),
            ssccs=("]C100340123450000000010", "(00) 3 4012345 123456789 5"),
        ),
    )
    for numbers, remedy in {
        ("T1",): "scan T2",
        ("T1", "T2", "T3"): "keep back T3",
        ("T1", "T3"): "keep back T3 and scan T2",
        ("T1", "T2", "T2"): "scan each parcel once",
    }.items():
        scanned = HandoverConfirmation(tracking_numbers=numbers)
        with pytest.raises(ConfirmationRefused, match=rf"parcels: expected T1, T2, .*; {remedy}$"):
            check_handed_over("overland", ["T1", "T2"], codes, scanned)
    wrong = HandoverConfirmation(ssccs=(codes[0], "340123450000000027"))
    with pytest.raises(ConfirmationRefused, match=r"SSCCs: .*back 340123450000000027 and scan"):
        check_handed_over("overland", ["T1", "T2"], codes, wrong)
    usps = "9400111206206406260787"
    for scan in (usps, f"42078745{usps}", "9400 1112 0620 6406 2607 87"):
        check_handed_over(
            "easypost-USPS", [usps], [], HandoverConfirmation(tracking_numbers=(scan,))
        )
    wrong = HandoverConfirmation(tracking_numbers=("1Z5R89390357567127",))
    with pytest.raises(ConfirmationRefused, match=r"came 1Z5R89390357567127 \(ups\)"):
        check_handed_over("easypost-USPS", [usps], [], wrong)
    with pytest.raises(ConfirmationRefused, match="carrier: expected overland, came seaway"):
        check_handed_over("overland", ["T1"], [], HandoverConfirmation(carrier="seaway"))
