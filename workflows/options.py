"""Every time-out, retry policy and activity option, named."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class ActivityOptions(TypedDict):
    """What an activity is called with, splatted into the call."""

    start_to_close_timeout: timedelta
    retry_policy: RetryPolicy


class HeartbeatOptions(ActivityOptions):
    """What a longer activity is called with: how soon a killed worker is noticed."""

    heartbeat_timeout: timedelta


UNTIL_IT_WORKS = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=10),
)
"""For our own database: it comes back, and nothing may be lost until then."""

WITH_BACKOFF = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=1),
)
"""For parties outside: be patient, and do not press."""

RECORD = ActivityOptions(start_to_close_timeout=timedelta(seconds=5), retry_policy=UNTIL_IT_WORKS)
"""A database effect; a killed worker costs this long at most."""

PLAN = ActivityOptions(start_to_close_timeout=timedelta(seconds=15), retry_policy=UNTIL_IT_WORKS)
"""A database effect with some computing before it, such as cartonization."""

ASK_GATEWAY = ActivityOptions(
    start_to_close_timeout=timedelta(seconds=10), retry_policy=WITH_BACKOFF
)
"""A call to the payment gateway, by key."""

ASK_CARRIER = HeartbeatOptions(
    start_to_close_timeout=timedelta(minutes=2),
    heartbeat_timeout=timedelta(seconds=10),
    retry_policy=WITH_BACKOFF,
)
"""Calls to a carrier, by key: several in a row, one parcel after the other."""

ASK_ONCE = HeartbeatOptions(
    start_to_close_timeout=timedelta(minutes=2),
    heartbeat_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(maximum_attempts=1),
)
"""A question to a carrier that is asked again later anyway."""

SEND = ActivityOptions(start_to_close_timeout=timedelta(seconds=10), retry_policy=WITH_BACKOFF)
"""A message handed to the mail system, by key."""

DELIVER = HeartbeatOptions(
    start_to_close_timeout=timedelta(seconds=90),
    heartbeat_timeout=timedelta(seconds=10),
    retry_policy=UNTIL_IT_WORKS,
)
"""A round of webhooks: 20 s of attempts, and the time-out of the last one.

How often and when a single message is tried again stands in `domain/webhooks.py`: what an endpoint
answers is a result, not an error.
"""
