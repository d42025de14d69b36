"""Money is conserved: every posting takes from one account what it gives to another."""

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.money_ledger import (
    ACCOUNTS,
    LEVELS,
    MoneyAccount,
    Posting,
    PostingKind,
    balances,
    levels_after,
    postings,
)

POSTED = st.lists(
    st.builds(Posting, kind=st.sampled_from(PostingKind), amount_minor=st.integers(1, 1_000))
)


@given(posted=POSTED)
def test_all_accounts_sum_to_zero(posted: list[Posting]) -> None:
    """Whatever is posted; and a payment's levels are what the accounts say."""
    found = balances(posted)
    assert 0 == sum(found.values())
    levels = levels_after(dict.fromkeys(LEVELS, 0), posted)
    held = levels["authorized_minor"] - levels["captured_minor"] - levels["voided_minor"]
    assert held == found[MoneyAccount.HELD]


def test_every_kind_moves_between_two_accounts() -> None:
    """None is left out, none moves in a circle."""
    assert set(PostingKind) == set(ACCOUNTS)
    assert all(source is not target for source, target in ACCOUNTS.values())


def test_nothing_is_posted_of_nothing() -> None:
    """An order of zero has no postings."""
    assert [] == postings(PostingKind.CAPTURED, 0)
    assert [Posting(kind=PostingKind.CAPTURED, amount_minor=1)] == postings(PostingKind.CAPTURED, 1)
