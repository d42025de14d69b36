"""A payment gateway to try things with: no money moves, and the card says how it behaves.

What is given as the source (the order's payment reference) steers it:

======================  ==========================================================================
tok_visa                accepted
tok_declined            declined
tok_insufficient        declined: not enough on the account
tok_decline_once        declined under the first key of a subject, accepted under the next
tok_expired             accepted, but lapsed when it comes to capturing
tok_timeout_before      each key's first try is not answered, and nothing was done
tok_timeout_after       each key's first try is not answered, but was done
any other tok_…         declined, so that a typing error shows
anything else           accepted
======================  ==========================================================================

A token may go on behind a hyphen, as `tok_visa-4711`. A subject is a key without the count at its
end, as `order/4711/authorize_payment/-`. A reference that is not the gateway's own is taken for a
storefront's authorization, of any amount; here too the token steers.
"""

import asyncio
import hashlib
from pathlib import Path

from fulfillment.domain.errors import NotFound, PaymentDeclined, PaymentUnclear
from fulfillment.payments.sandbox_books import (
    NO_CURRENCY,
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
TIMEOUT_BEFORE = "tok_timeout_before"
TIMEOUT_AFTER = "tok_timeout_after"

_TOKEN = "tok_"  # noqa: S105 - a prefix, not a secret
_OWN = "sandbox_"
_GOOD = (ACCEPTED, DECLINE_ONCE, EXPIRED, TIMEOUT_BEFORE, TIMEOUT_AFTER)


class SandboxGateway:
    """A stateful gateway outside of the engine, idempotent by key, for several processes."""

    def __init__(self, file: Path) -> None:
        """Keep the books in this SQLite file, which is made with the first request."""
        self._file = file

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
            NotFound: a reference like the gateway's own that it never gave out.
            PaymentDeclined: more than is held, or it is not held any longer.
            PaymentUnclear: no answer; ask again with the same key.
            EffectConflict: the key came with another request before.

        """
        request = Request(kind=Kind.CAPTURE, amount_minor=amount_minor, reference=reference)
        return await asyncio.to_thread(self._answer, key, request)

    async def void(self, key: str, reference: str) -> Authorization:
        """Give back what is held and not captured; what is voided already stays so.

        Raises:
            NotFound: a reference like the gateway's own that it never gave out.
            PaymentUnclear: no answer; ask again with the same key.
            EffectConflict: the key came with another request before.

        """
        request = Request(kind=Kind.VOID, reference=reference)
        return await asyncio.to_thread(self._answer, key, request)

    async def refund(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Give back an amount of what was captured.

        Raises:
            NotFound: a reference like the gateway's own that it never gave out.
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
            account = books.account(reference)
        if account is None:
            raise _unknown(reference)
        return account.as_authorization()

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
            token = _token(request.source or _account(books, request).source)
            silent = operation.tries == 1 and token in (TIMEOUT_BEFORE, TIMEOUT_AFTER)
            if operation.open and not (silent and token == TIMEOUT_BEFORE):
                operation = _act(books, operation)
                books.close(operation)
        if silent:
            message = f"the gateway did not answer to {key}; ask again with the same key"
            raise PaymentUnclear(message)
        if operation.answer is None:
            raise PaymentDeclined(operation.refusal or "declined")
        return operation.answer


def _act(books: Books, operation: Operation) -> Operation:
    acts = {
        Kind.AUTHORIZE: _authorize,
        Kind.CAPTURE: _capture,
        Kind.VOID: _void,
        Kind.REFUND: _refund,
    }
    try:
        account, moved_minor = acts[operation.request.kind](books, operation)
    except PaymentDeclined as refusal:
        return operation.model_copy(update={"refusal": str(refusal)})
    books.save(account)
    done = {
        "answer": account.as_authorization(),
        "moved_minor": moved_minor,
        "currency": account.currency,
    }
    return operation.model_copy(update=done)


def _authorize(books: Books, operation: Operation) -> tuple[Account, int]:
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
    )
    return account, amount_minor


def _capture(books: Books, operation: Operation) -> tuple[Account, int]:
    account, amount_minor = _account(books, operation.request), operation.request.amount_minor or 0
    left = None if account.amount_minor is None else account.amount_minor - account.captured_minor
    if _token(account.source) == EXPIRED:
        message = f"the authorization {account.reference} has lapsed"
        raise PaymentDeclined(message)
    if account.voided:
        message = f"the authorization {account.reference} was voided"
        raise PaymentDeclined(message)
    if amount_minor <= 0 or (left is not None and amount_minor > left):
        limit = "any" if left is None else f"at most {left}"
        message = f"expected an amount above zero and {limit} to capture, came {amount_minor}"
        raise PaymentDeclined(message)
    captured = account.captured_minor + amount_minor
    return account.model_copy(update={"captured_minor": captured}), amount_minor


def _void(books: Books, operation: Operation) -> tuple[Account, int]:
    account = _account(books, operation.request)
    held = 0 if account.voided else (account.amount_minor or account.captured_minor)
    voided = account.model_copy(update={"voided": True})
    return voided, max(0, held - account.captured_minor)


def _refund(books: Books, operation: Operation) -> tuple[Account, int]:
    account, amount_minor = _account(books, operation.request), operation.request.amount_minor or 0
    left = account.captured_minor - account.refunded_minor
    if not 0 < amount_minor <= left:
        message = f"expected an amount above zero and at most {left} to refund, came {amount_minor}"
        raise PaymentDeclined(message)
    refunded = account.refunded_minor + amount_minor
    return account.model_copy(update={"refunded_minor": refunded}), amount_minor


def _account(books: Books, request: Request) -> Account:
    account = books.account(request.reference)
    if account is not None:
        return account
    if request.reference.startswith(_OWN):
        raise _unknown(request.reference)
    return Account(
        reference=request.reference,
        source=request.reference,
        amount_minor=None,
        currency=NO_CURRENCY,
    )


def _unknown(reference: str) -> NotFound:
    return NotFound(f"expected a reference that the gateway gave out, came {reference}")


def _token(source: str) -> str:
    return source.partition("-")[0] if source.startswith(_TOKEN) else source
