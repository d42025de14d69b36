"""`fulfillment webhooks ...`: what the merchant is told, and what was told to us in vain."""

from typing import Annotated

import typer
from pydantic import SecretStr

from fulfillment import bootstrap
from fulfillment.domain.webhooks import DeliveryState
from fulfillment.entrypoints.console import (
    Address,
    AsJson,
    By,
    flag,
    print_json,
    print_table,
    run,
    say,
)
from fulfillment.entrypoints.validation import validated
from fulfillment.operations import storefront_inbox, webhook_endpoints, webhooks
from fulfillment.operations.engine import Engine
from fulfillment.settings import load_settings
from fulfillment.webhooks.stores import Which

app = typer.Typer(help="See, replay and test outward webhooks.", no_args_is_help=True)
endpoints_app = typer.Typer(help="Where the merchant listens.", no_args_is_help=True)
app.add_typer(endpoints_app, name="endpoints")

EndpointId = Annotated[str, typer.Argument(metavar="ENDPOINT")]
MessageId = Annotated[str, typer.Argument(metavar="MESSAGE")]
OfOrder = Annotated[str | None, typer.Option("--order", help="Only those of this order.")]
AtEndpoint = Annotated[str | None, typer.Option("--endpoint", help="Only at this endpoint.")]
Since = Annotated[
    str | None, typer.Option(help="Only those since then, as 2026-11-23T10:00:00+01:00.")
]


# --- endpoints -------------------------------------------------------------------------------


@endpoints_app.command("add")
def add(
    endpoint: EndpointId,
    url: str,
    event: Annotated[
        list[str] | None, typer.Option(help="Once for each; `order.*` is all of a kind.")
    ] = None,
    secret: Annotated[
        str | None, typer.Option(envvar="WEBHOOK_SECRET", help="whsec_…; else one is made.")
    ] = None,
    address: Address = None,
) -> None:
    """Tell a URL of each change of an order, from now on; prints its secret, once."""

    async def added(engine: Engine) -> None:
        given = {"endpoint_id": endpoint, "url": url, "event_types": event or [], "secret": secret}
        wish = validated(webhook_endpoints.EndpointWish, given)
        made = await webhook_endpoints.add_endpoint(engine, wish, load_settings().webhook_rules())
        _print_secret(made)

    run(added, address)


@endpoints_app.command("list")
def list_endpoints(as_json: AsJson, address: Address = None) -> None:
    """List endpoints and how they are."""

    async def listed(engine: Engine) -> None:
        found = await webhook_endpoints.list_endpoints(engine)
        if as_json:
            return print_json(found)
        rows = [
            (e.endpoint_id, e.url, e.event_types or "all", _health(e), e.failing_since)
            for e in found
        ]
        columns = ("endpoint", "url", "events", "state", "failing since (UTC)")
        return print_table("", columns, rows, "no endpoints")

    run(listed, address, as_json=as_json)


@endpoints_app.command()
def remove(endpoint: EndpointId, address: Address = None) -> None:
    """Remove an endpoint and what waits for it; the messages stay on record."""

    async def removed(engine: Engine) -> None:
        await webhook_endpoints.remove_endpoint(engine, endpoint)
        say(f"{endpoint}: removed", "green")

    run(removed, address)


@endpoints_app.command("rotate-secret")
def rotate_secret(
    endpoint: EndpointId,
    secret: Annotated[
        str | None, typer.Option(envvar="WEBHOOK_SECRET", help="whsec_…; else one is made.")
    ] = None,
    address: Address = None,
) -> None:
    """Make a new secret; for a while the old one signs beside it."""

    async def rotated(engine: Engine) -> None:
        rules = load_settings().webhook_rules()
        given = SecretStr(secret) if secret else None
        _print_secret(await webhook_endpoints.rotate_secret(engine, endpoint, rules, given))

    run(rotated, address)


@endpoints_app.command()
def enable(endpoint: EndpointId, address: Address = None) -> None:
    """Have an endpoint hear again; what it missed, `replay` delivers."""

    async def enabled(engine: Engine) -> None:
        await webhook_endpoints.enable_endpoint(engine, endpoint)
        say(f"{endpoint}: enabled", "green")

    run(enabled, address)


@endpoints_app.command()
def disable(endpoint: EndpointId, by: By, address: Address = None) -> None:
    """Send an endpoint nothing any more."""

    async def disabled(engine: Engine) -> None:
        await webhook_endpoints.disable_endpoint(engine, endpoint, by)
        say(f"{endpoint}: disabled", "green")

    run(disabled, address)


# --- messages --------------------------------------------------------------------------------


@app.command("list")
def list_messages(  # noqa: PLR0913, PLR0917 - each is a filter
    as_json: AsJson,
    order: OfOrder = None,
    endpoint: AtEndpoint = None,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those so far.")] = None,
    since: Since = None,
    after: Annotated[str | None, typer.Option(help="Begin behind this message.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    address: Address = None,
) -> None:
    """List messages, oldest first, and what became of each."""

    async def listed(engine: Engine) -> None:
        which = _which(order_id=order, endpoint_id=endpoint, state=state, since=since)
        found = await webhooks.list_messages(engine, which, after=after, limit=limit)
        if as_json:
            return print_json(found)
        rows = [
            (m.message_id, m.at, m.order_id, m.sequence or "", m.type, _deliveries(view))
            for view in found
            for m in (view.message,)
        ]
        columns = ("message", "when (UTC)", "order", "no", "type", "deliveries")
        return print_table("", columns, rows, "no messages")

    run(listed, address, as_json=as_json)


@app.command()
def show(message: MessageId, address: Address = None) -> None:
    """Show a message, as JSON, and what became of it at each endpoint."""

    async def shown(engine: Engine) -> None:
        print_json(await webhooks.show_message(engine, message))

    run(shown, address)


@app.command()
def replay(  # noqa: PLR0913 - each is a filter
    message: Annotated[str | None, typer.Argument(metavar="MESSAGE")] = None,
    order: OfOrder = None,
    since: Since = None,
    endpoint: AtEndpoint = None,
    *,
    failed: Annotated[bool, flag("--failed", "Only those that are not tried any more.")],
    address: Address = None,
) -> None:
    """Deliver messages again: one, an order's, those since a time, or those that failed."""

    async def replayed(engine: Engine) -> None:
        state = DeliveryState.FAILED if failed else None
        which = _which(
            message_id=message, order_id=order, since=since, endpoint_id=endpoint, state=state
        )
        done = await webhooks.replay(engine, which)
        say(f"{done.queued} deliveries queued to {', '.join(done.endpoints) or 'nobody'}", "green")

    run(replayed, address)


@app.command("test")
def send_test(endpoint: EndpointId, address: Address = None) -> None:
    """Send an endpoint a message of no order."""

    async def tested(engine: Engine) -> None:
        sent = await webhooks.send_test(engine, endpoint)
        say(f"{sent.message_id} is queued; `fulfillment webhooks show {sent.message_id}`")

    run(tested, address)


@app.command()
def refused(
    as_json: AsJson,
    before: Annotated[int | None, typer.Option(help="Begin below this number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    address: Address = None,
) -> None:
    """List deliveries of storefronts to us that were refused, the newest first."""

    async def listed(engine: Engine) -> None:
        found = await webhooks.list_refused(engine, before=before, limit=limit)
        if as_json:
            return print_json(found)
        rows = [
            (r.number, r.at, r.storefront, r.topic, r.delivery_id, r.order_id, r.code, r.fields)
            for r in found
        ]
        names = ("no", "when (UTC)", "storefront", "topic", "delivery", "order", "why", "fields")
        return print_table("", names, rows, "no refused deliveries")

    run(listed, address, as_json=as_json)


@app.command()
def inbox(
    as_json: AsJson,
    retry: Annotated[bool, flag("--retry", "Carry all of them out now.")],
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    address: Address = None,
) -> None:
    """List deliveries of storefronts to us that are not carried out yet, the oldest first."""

    async def listed(engine: Engine) -> None:
        if retry:
            merchant = bootstrap.merchant(load_settings())
            some = await storefront_inbox.retry_waiting(engine, merchant)
            if not as_json:
                say(f"{some.done} of {some.due} carried out", "green")
        found = await storefront_inbox.list_waiting(engine, limit=limit)
        if as_json:
            return print_json(found)
        rows = [
            (
                w.received_at,
                w.storefront,
                w.topic,
                w.order_id,
                w.attempts,
                w.next_attempt_at,
                w.error,
            )
            for w in found
        ]
        names = ("when (UTC)", "storefront", "topic", "order", "attempts", "next (UTC)", "why")
        return print_table("", names, rows, "no deliveries wait")

    run(listed, address, as_json=as_json)


def _which(**chosen: object) -> Which:
    return validated(Which, {name: value for name, value in chosen.items() if value is not None})


def _health(endpoint: webhook_endpoints.EndpointView) -> str:
    if not endpoint.enabled:
        return f"disabled: {endpoint.disabled_because}"
    return f"paused until {endpoint.paused_until}" if endpoint.paused_until else "enabled"


def _deliveries(view: webhooks.MessageView) -> str:
    return ", ".join(
        f"{d.endpoint_id} {d.state.value} ({d.attempts}{': ' if d.error else ''}{d.error})"
        for d in view.deliveries
    )


def _print_secret(made: webhook_endpoints.EndpointSecret) -> None:
    name, until = made.endpoint.endpoint_id, made.endpoint.previous_until
    say(f"{name}: the secret, which is shown only now:", "green")
    say(made.secret)
    if until:
        say(f"the one before signs too until {until:%Y-%m-%d %H:%M} UTC")
