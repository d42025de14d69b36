"""The command `fulfillment`."""

import typer

from fulfillment.entrypoints import (
    cli_back_orders,
    cli_changes,
    cli_codec,
    cli_customers,
    cli_deliveries,
    cli_doctor,
    cli_documents,
    cli_end_of_day,
    cli_floor,
    cli_holds,
    cli_money,
    cli_orders,
    cli_promise,
    cli_report,
    cli_returns,
    cli_scan,
    cli_serve,
    cli_setup,
    cli_stock,
    cli_supply,
    cli_verify,
    cli_webhooks,
)
from fulfillment.telemetry import logs
from fulfillment.temporal import clean_exit

app = typer.Typer(
    name="fulfillment",
    help="Ask the running fulfillment engine. Exit codes: 0 done; 1 refused, or findings; "
    "2 wrong usage, or nobody answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
cli_orders.app.command("money")(cli_money.money)
cli_orders.app.command("dispute")(cli_money.dispute)
cli_orders.app.command("track")(cli_deliveries.track)
cli_orders.app.command("resolve")(cli_deliveries.resolve)
cli_stock.tracking_app.command("receive-back")(cli_deliveries.receive_back)
cli_stock.tracking_app.command("close-late-arrival")(cli_deliveries.close_late)
cli_orders.app.command("holds")(cli_holds.list_holds)
cli_orders.app.command("ask")(cli_holds.ask)
cli_orders.app.command("answer")(cli_holds.answer)
cli_orders.app.command("pay")(cli_holds.pay)
cli_orders.app.command("reject")(cli_holds.reject)
cli_orders.app.command("back-order")(cli_back_orders.back_order)
cli_stock.app.command("queue")(cli_back_orders.queue)
cli_stock.app.command("wake")(cli_back_orders.wake)
app.add_typer(cli_changes.app, name="orders")
app.command("promise")(cli_promise.promise)
app.add_typer(cli_floor.app, name="floor")
app.add_typer(cli_returns.app, name="returns")
app.add_typer(cli_stock.app, name="stock")
app.add_typer(cli_supply.app, name="supply")
app.add_typer(cli_stock.catalog_app, name="catalog")
app.add_typer(cli_stock.tracking_app, name="tracking")
app.add_typer(cli_scan.app, name="scan")
app.add_typer(cli_documents.app, name="documents")
app.command("end-of-day")(cli_end_of_day.end_of_day)
app.add_typer(cli_end_of_day.manifests_app, name="manifests")
app.add_typer(cli_end_of_day.hand_over_app, name="hand-over")
app.command("doctor")(cli_doctor.doctor)
app.command("report")(cli_report.report)
app.command("verify")(cli_verify.verify)
app.add_typer(cli_webhooks.app, name="webhooks")
app.add_typer(cli_setup.app, name="setup")
app.command("serve")(cli_serve.serve)
app.command("api-key")(cli_serve.api_key)
app.add_typer(cli_customers.app, name="customers")
app.command("codec-server")(cli_codec.codec_server)
app.command("encryption-key")(cli_codec.encryption_key)


def main() -> None:
    """Run the command and leave the process cleanly."""
    logs.begin("command")
    clean_exit.command(app)


if __name__ == "__main__":
    main()
