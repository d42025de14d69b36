"""What of a reason may be shown where no personal data may stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.reasons import CODES, OTHER, SUBJECTS, WHOLE, public_reason

WORDS = {*SUBJECTS, *CODES, *OTHER.split(), OTHER}


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("", ""),
        ("address: 1 Main St is no street; phone: +49 1 is too short", "address, phone"),
        ("address: a; address: b", "address"),
        ("address: x; stock: Ada Lovelace", "address, stock"),
        ("stock: 2 x MUG", "stock: 2 x MUG"),
        ("availability: OLD is gone; address: x", "availability: OLD is gone, address"),
        ("broken: A-1", "broken: A-1"),
        ("no_service_available: strike: expected drivers", "no_service_available"),
        ("Ada Lovelace rang", OTHER),
    ],
)
def test_what_is_shown(reason: str, shown: str) -> None:
    """Subjects and codes, and what names articles and fulfillments."""
    assert shown == public_reason(reason)


@given(reason=st.text(max_size=80).filter(lambda text: not text.startswith(WHOLE)))
def test_nothing_else_is_shown(reason: str) -> None:
    """Whatever somebody wrote; and what was shown is shown again as it is."""
    shown = public_reason(reason)
    assert not shown or all(name in {*WORDS, *WHOLE} for name in shown.split(", "))
    assert shown == public_reason(shown)
