"""The networks of carriers that can be switched on by their settings; a new one adds its line."""

from fulfillment.carriers import easypost
from fulfillment.carriers.networks import Opener

NETWORKS: dict[str, Opener] = {
    "easypost": easypost.open_network,
}
