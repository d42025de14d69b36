"""What can go wrong while a Temporal server is found, started or reached.

TemporalSetupError
├── ConfigurationInvalid      the environment or temporal.toml can't be read
├── CliUnusable               TEMPORAL_CLI_PATH names something that is not the Temporal CLI
├── CliMissing                no way led to the Temporal CLI; says what each answered
├── ServerMissing             the Temporal server can't be built; says why, and what else there is
├── SchemaFailed              the schema tool could not make or update Temporal's tables
├── ServerFailed              a Temporal server ended, or was not ready in time; shows its log's end
├── PortTaken                 the wanted port is in use
├── DataFolderInUse           a live dev server already works on this folder
├── DevServerFailed           the server ended, or was not ready in time; shows its log's end
├── ServerUnreachable         no Temporal server answers at the address; a retry can help
├── NamespaceMissing          the server does not know the namespace
├── NamespaceRefused          the server does not let this client register the namespace
├── HistoriesNotReplayed      what is under way can't be carried on by this worker's code
├── SearchAttributeConflict   an attribute of that name exists with another type
└── SearchAttributesRefused   the server does not let this client register attributes
"""

from fulfillment.domain.errors import FulfillmentError


class TemporalSetupError(FulfillmentError):
    """There is no Temporal server to work with, or not as this product needs it."""

    code = "temporal_setup"


class ConfigurationInvalid(TemporalSetupError):
    """The TEMPORAL_* variables or the temporal.toml they name can't be read."""

    code = "temporal_configuration_invalid"


class CliUnusable(TemporalSetupError):
    """TEMPORAL_CLI_PATH names something that does not answer like the Temporal CLI."""

    code = "temporal_cli_unusable"


class CliMissing(TemporalSetupError):
    """None of the ways to a Temporal CLI worked on this machine."""

    code = "temporal_cli_missing"


class ServerMissing(TemporalSetupError):
    """There is no Temporal server of the cluster's kind here, and it can't be built."""

    code = "temporal_server_missing"


class SchemaFailed(TemporalSetupError):
    """The schema tool could not make or update Temporal's tables."""

    code = "temporal_schema_failed"


class ServerFailed(TemporalSetupError):
    """A Temporal server ended by itself, or was not ready in time."""

    code = "temporal_server_failed"


class PortTaken(TemporalSetupError):
    """The port that the dev server was told to use is in use."""

    code = "temporal_port_taken"


class DataFolderInUse(TemporalSetupError):
    """A live dev server already works on this data folder."""

    code = "temporal_data_folder_in_use"


class DevServerFailed(TemporalSetupError):
    """The dev server ended by itself, or was not ready in time."""

    code = "temporal_dev_server_failed"


class ServerUnreachable(TemporalSetupError):
    """No Temporal server answered at the address in time."""

    code = "temporal_unreachable"
    retryable = True


class NamespaceMissing(TemporalSetupError):
    """The Temporal server does not know the namespace."""

    code = "temporal_namespace_missing"


class NamespaceRefused(TemporalSetupError):
    """The server does not let this client register the namespace."""

    code = "temporal_namespace_refused"


class HistoriesNotReplayed(TemporalSetupError):
    """Running workflows have histories that this worker's code does not replay."""

    code = "temporal_histories_not_replayed"


class SearchAttributeConflict(TemporalSetupError):
    """A search attribute of the product's name exists with another type."""

    code = "search_attribute_conflict"


class SearchAttributesRefused(TemporalSetupError):
    """The server does not let this client register search attributes."""

    code = "search_attributes_refused"
