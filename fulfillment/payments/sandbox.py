"""A payment gateway to try things with: no money moves, and the card says how it behaves.

What is given as the source (the order's payment reference) steers it:

======================  ==========================================================================
tok_visa                accepted
tok_declined            declined
tok_insufficient        declined: not enough on the account
tok_decline_once        declined under the first key of a subject, accepted under the next
tok_expired             accepted, but lapsed when it comes to capturing
tok_declines_capture    accepted; the first capture of a subject is declined, the next one accepted
tok_expires-3600        accepted, held for so many seconds; of a storefront's own: forever
tok_renewal_declined    as tok_expires, but declined once an amount was held for the same source
tok_disputed            accepted; once captured, the payer's bank disputes it
tok_timeout_before      each key's first try is not answered, and nothing was done
tok_timeout_after       each key's first try is not answered, but was done
any other tok_…         declined, so that a typing error shows
anything else           accepted, to authorize
======================  ==========================================================================

A token may go on behind a hyphen, as `tok_visa-4711`, or `tok_expires-3600-4711`. A subject is a
key without the count at its end, as `order/4711/authorize_payment/-`. A reference that begins
with `auth-`, `pi_` or `tok_` is taken for an authorization that the storefront had made with this
gateway, of any amount; here too the token steers. Any other reference that the gateway never gave
out it does not know, as a real one does not.
"""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fulfillment.domain.authorizations import NO_CURRENCY
from fulfillment.domain.errors import NotFound, PaymentDeclined, PaymentUnclear
from fulfillment.payments.sandbox_books import (
    Account,
    Books,
    Kind,
    Operation,
    Request,
    opened,
    subject_of,
)
from fulfillment.ports import Authorization

ACCEPTED = "tok_visa"
DECLINED = "tok_declined"
INSUFFICIENT = "tok_insufficient"
DECLINE_ONCE = "tok_decline_once"
EXPIRED = "tok_expired"
DECLINES_CAPTURE = "tok_declines_capture"
EXPIRES = "tok_expires"
RENEWAL_DECLINED = "tok_renewal_declined"
DISPUTED = "tok_disputed"
TIMEOUT_BEFORE = "tok_timeout_before"
TIMEOUT_AFTER = "tok_timeout_after"

_TOKEN = "tok_"  # noqa: S105 - a prefix, not a secret
_OWN = "sandbox_"
_HANDED_IN = ("auth-", "pi_", _TOKEN)
"""How references begin that a storefront may have from this gateway."""
_HELD_FOR = timedelta(days=7)
"""How long what expires is held where the card does not say."""
_EXPIRING = (EXPIRES, RENEWAL_DECLINED)
_GOOD = (
    *(ACCEPTED, DECLINE_ONCE, EXPIRED, DECLINES_CAPTURE, *_EXPIRING, DISPUTED),
    *(TIMEOUT_BEFORE, TIMEOUT_AFTER),
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SandboxGateway:
    """A stateful gateway outside of the engine, idempotent by key, for several processes."""

    def __init__(self, file: Path, now: Callable[[], datetime] = _utc_now) -> None:
        """Keep the books in this SQLite file, which is made with the first request.

        Args:
            file: where.
            now: the time by which authorizations expire.

        """
        self._file = file
        self._now = now

    async def authorize(
        self, key: str, amount_minor: int, currency: str, source: str
    ) -> Authorization:
        """Hold an amount at the payer's bank.

        Raises:
            PaymentDeclined: the bank said no.
            PaymentUnclear: no answer; ask again with the same key.
            EffectConflict: the key came with another request before.

        """
        request = Request(
            kind=Kind.AUTHORIZE, amount_minor=amount_minor, currency=currency, source=source
        )
        return await asyncio.to_thread(self._answer, key, request)

    async def capture(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Take an amount of what is held.

        Raises:
            NotFound: a reference that the gateway never gave out.
            PaymentDeclined: more than is held, or it is not held any longer.
            PaymentUnclear: no answer; ask again with the same key.
            EffectConflict: the key came with another request before.

        """
        request = Request(kind=Kind.CAPTURE, amount_minor=amount_minor, reference=reference)
        return await asyncio.to_thread(self._answer, key, request)

    async def void(self, key: str, reference: str) -> Authorization:
        """Give back what is held and not captured; what is voided already stays so.

        Raises:
            NotFound: a reference that the gateway never gave out.
            PaymentUnclear: no answer; ask again with the same key.
            EffectConflict: the key came with another request before.

        """
        request = Request(kind=Kind.VOID, reference=reference)
        return await asyncio.to_thread(self._answer, key, request)

    async def refund(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Give back an amount of what was captured.

        Raises:
            NotFound: a reference that the gateway never gave out.
            PaymentDeclined: more than was captured and not given back yet.
            PaymentUnclear: no answer; ask again with the same key.
            EffectConflict: the key came with another request before.

        """
        request = Request(kind=Kind.REFUND, amount_minor=amount_minor, reference=reference)
        return await asyncio.to_thread(self._answer, key, request)

    async def get(self, reference: str) -> Authorization:
        """Return what is on the books for a reference.

        Raises:
            NotFound: there is nothing.
            PaymentUnclear: another process held the books for too long.

        """
        return await asyncio.to_thread(self._get, reference)

    def _get(self, reference: str) -> Authorization:
        with opened(self._file) as books:
            return _account(books, reference).as_authorization()

    async def operations(self) -> list[Operation]:
        """Return every request that came, by its key, and what became of it."""
        return await asyncio.to_thread(self._operations)

    async def accounts(self) -> list[Account]:
        """Return every authorization with what is captured and whether the rest was voided."""
        return await asyncio.to_thread(self._accounts)

    def _operations(self) -> list[Operation]:
        with opened(self._file) as books:
            return books.operations()

    def _accounts(self) -> list[Account]:
        with opened(self._file) as books:
            return books.accounts()

    def _answer(self, key: str, request: Request) -> Authorization:
        with opened(self._file) as books:
            operation = books.enter(key, request)
            token = _token(request.source or _account(books, request.reference).source)
            silent = operation.tries == 1 and token in (TIMEOUT_BEFORE, TIMEOUT_AFTER)
            if operation.open and not (silent and token == TIMEOUT_BEFORE):
                operation = _act(books, operation, self._now())
                books.close(operation)
        if silent:
            message = f"the gateway did not answer to {key}; ask again with the same key"
            raise PaymentUnclear(message)
        if operation.answer is None:
            raise PaymentDeclined(operation.refusal or "declined")
        return operation.answer


def _act(books: Books, operation: Operation, now: datetime) -> Operation:
    acts = {
        Kind.AUTHORIZE: _authorize,
        Kind.CAPTURE: _capture,
        Kind.VOID: _void,
        Kind.REFUND: _refund,
    }
    try:
        account, moved_minor = acts[operation.request.kind](books, operation, now)
    except PaymentDeclined as refusal:
        return operation.model_copy(update={"refusal": str(refusal)})
    books.save(account)
    done = {
        "answer": account.as_authorization(),
        "moved_minor": moved_minor,
        "currency": account.currency,
    }
    return operation.model_copy(update=done)


def _authorize(books: Books, operation: Operation, now: datetime) -> tuple[Account, int]:
    request, token = operation.request, _token(operation.request.source)
    amount_minor = request.amount_minor or 0
    if amount_minor <= 0:
        message = f"expected an amount above zero to authorize, came {amount_minor}"
        raise PaymentDeclined(message)
    if token == INSUFFICIENT:
        message = "declined by the bank: not enough on the account"
        raise PaymentDeclined(message)
    subject = subject_of(operation.key)
    declined_now = token == DECLINE_ONCE and not books.declined_before(operation.sequence, subject)
    declined_now |= token == RENEWAL_DECLINED and books.accepted(request.source)
    if token == DECLINED or declined_now:
        message = "declined by the bank"
        raise PaymentDeclined(message)
    if token.startswith(_TOKEN) and token not in _GOOD:
        message = f"no such card in the sandbox: {token}; known are {', '.join(_GOOD)}"
        raise PaymentDeclined(message)
    account = Account(
        reference=_OWN + hashlib.sha256(operation.key.encode()).hexdigest()[:20],
        source=request.source,
        amount_minor=amount_minor,
        currency=request.currency,
        expires_at=now + _held_for(request.source) if token in _EXPIRING else None,
    )
    return account, amount_minor


def _capture(books: Books, operation: Operation, now: datetime) -> tuple[Account, int]:
    account, amount_minor = (
        _account(books, operation.request.reference),
        operation.request.amount_minor or 0,
    )
    left = None if account.amount_minor is None else account.amount_minor - account.captured_minor
    lapsed = account.expires_at is not None and account.expires_at <= now
    if lapsed or _token(account.source) == EXPIRED:
        message = "the authorization has lapsed"
        raise PaymentDeclined(message)
    if _declines_capture(books, operation, account):
        message = "declined by the bank"
        raise PaymentDeclined(message)
    if account.voided:
        message = "the authorization was voided"
        raise PaymentDeclined(message)
    if amount_minor <= 0 or (left is not None and amount_minor > left):
        limit = "any" if left is None else f"at most {left}"
        message = f"expected an amount above zero and {limit} to capture, came {amount_minor}"
        raise PaymentDeclined(message)
    captured = account.captured_minor + amount_minor
    disputed = captured if _token(account.source) == DISPUTED else 0
    after = {"captured_minor": captured, "disputed_minor": disputed}
    return account.model_copy(update=after), amount_minor


def _declines_capture(books: Books, operation: Operation, account: Account) -> bool:
    if _token(account.source) != DECLINES_CAPTURE:
        return False
    return not books.declined_before(operation.sequence, subject_of(operation.key))


def _void(books: Books, operation: Operation, _: datetime) -> tuple[Account, int]:
    account = _account(books, operation.request.reference)
    held = 0 if account.voided else (account.amount_minor or account.captured_minor)
    voided = account.model_copy(update={"voided": True})
    return voided, max(0, held - account.captured_minor)


def _refund(books: Books, operation: Operation, _: datetime) -> tuple[Account, int]:
    account, amount_minor = (
        _account(books, operation.request.reference),
        operation.request.amount_minor or 0,
    )
    left = account.captured_minor - account.refunded_minor
    if not 0 < amount_minor <= left:
        message = f"expected an amount above zero and at most {left} to refund, came {amount_minor}"
        raise PaymentDeclined(message)
    refunded = account.refunded_minor + amount_minor
    return account.model_copy(update={"refunded_minor": refunded}), amount_minor


def _account(books: Books, reference: str) -> Account:
    account = books.account(reference)
    if account is not None:
        return account
    if not reference.startswith(_HANDED_IN):
        message = f"expected a reference that the gateway gave out, came {reference}"
        raise NotFound(message)
    return Account(reference=reference, source=reference, amount_minor=None, currency=NO_CURRENCY)


def _token(source: str) -> str:
    return source.partition("-")[0] if source.startswith(_TOKEN) else source


def _held_for(source: str) -> timedelta:
    seconds = source.partition("-")[2].partition("-")[0]
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() else _HELD_FOR
