"""The one plugin that every client, worker and replayer of this product is made with."""

from collections.abc import Awaitable, Callable, Sequence

from temporalio.client import Interceptor as ClientInterceptor
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
)
from temporalio.plugin import SimplePlugin
from temporalio.worker import Interceptor as WorkerInterceptor
from temporalio.worker import Worker

from fulfillment.temporal.sandbox import SharingSandbox, share_models
from fulfillment.temporal.unreadable import FulfillmentPayloadConverter


class FulfillmentPlugin(SimplePlugin):
    """Pydantic payloads, the given interceptors, and a sandbox that shares the product's models."""

    def __init__(
        self,
        *,
        interceptors: Sequence[ClientInterceptor | WorkerInterceptor] = (),
        codec: PayloadCodec | None = None,
    ) -> None:
        """Make the plugin.

        Args:
            interceptors: what stands around calls; each is used where its base class says.
            codec: what payloads go through last, for example an encryption.

        """
        super().__init__(
            "fulfillment",
            data_converter=data_converter(codec),
            interceptors=tuple(interceptors),
            workflow_runner=share_models,
        )

    async def run_worker(
        self,
        worker: Worker,
        next: Callable[[Worker], Awaitable[None]],  # noqa: A002 - the SDK's name
    ) -> None:
        """Run a worker whose sandbox may put runs out of its cache."""
        runner = worker.config(active_config=True).get("workflow_runner")
        if isinstance(runner, SharingSandbox):
            runner.evictor.serve(worker)
        await super().run_worker(worker, next)


def data_converter(codec: PayloadCodec | None = None) -> DataConverter:
    """Make the converter of everything that this product sends through Temporal.

    Args:
        codec: what payloads go through last; none leaves them readable.

    Returns:
        The pydantic converter, with the codec; failures' messages, traces and details go through
        it too.

    """
    failures = DefaultFailureConverterWithEncodedAttributes if codec else DefaultFailureConverter
    return DataConverter(
        payload_converter_class=FulfillmentPayloadConverter,
        failure_converter_class=failures,
        payload_codec=codec,
    )
