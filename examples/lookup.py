"""Prints the present segment of the customers that are named: python lookup.py anna bert.

Environment: REDIS_URL, SEGSTREAM_REDIS_PREFIX.
"""

from __future__ import annotations

import os
import sys

from redis import Redis

from stream_app.client import Segments


def main(customer_ids: list[str]) -> None:
    """Ask for all of them in one round trip."""
    with Redis.from_url(os.environ.get("REDIS_URL", "redis://localhost:6379/0")) as redis:
        found = Segments(redis, prefix=os.environ.get("SEGSTREAM_REDIS_PREFIX", "")).get_many(customer_ids)
    for customer_id in customer_ids:
        customer = found.get(customer_id)
        if customer is None:
            print(f"{customer_id}: unknown")
        elif customer.is_lapsed:
            print(f"{customer_id}: lapsed")
        else:
            print(f"{customer_id}: {customer.segment} {customer.name}, spent {customer.monetary}")


if __name__ == "__main__":
    main(sys.argv[1:])
