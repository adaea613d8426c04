"""A name server that does not answer for a while ends none of the API's threads."""

from __future__ import annotations

import pytest

from stream_app.api.champion import Champion
from stream_app.api.recent import KafkaRecent
from stream_app.settings import Settings
from tests.integration.waiting import wait_for

NOWHERE = "no-such-broker.invalid:9092"


@pytest.mark.parametrize("thread_class", [Champion, KafkaRecent])
def test_a_name_without_an_address_is_waited_out(thread_class: type[Champion | KafkaRecent]) -> None:
    thread = thread_class(Settings(_env_file=None, kafka_bootstrap_servers=NOWHERE))  # type: ignore[call-arg]

    thread.start()
    try:
        wait_for("it has tried", lambda: thread.away, 20)
        assert "no-such-broker.invalid is a name without an address" in thread.away
        assert thread.is_alive()
    finally:
        thread.stop()


def test_whoever_asks_for_the_model_is_told_why_nobody_knows_it() -> None:
    champion = Champion(Settings(_env_file=None, kafka_bootstrap_servers=NOWHERE))  # type: ignore[call-arg]
    champion.away = "KAFKA_AWAY: it is away."

    assert str(champion.absence().detail).endswith("which model is live. KAFKA_AWAY: it is away.")
