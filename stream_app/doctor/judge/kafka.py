"""Judges the brokers: whether they answer, let this client in, and can be reached where they say they are."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.doctor.facts import Endpoint, KafkaFacts, Reach, Refusal
from stream_app.doctor.finding import Finding, counted, ok, problem, skipped, warning

REACHABLE, LOGIN, ADVERTISED, INTERNAL = "kafka.reachable", "kafka.login", "kafka.advertised", "kafka.internal-topics"
_HERE = ("localhost", "127.0.0.1", "::1")
_REPLICATION = {
    "__consumer_offsets": ("offsets.topic.replication.factor",),
    "__transaction_state": ("transaction.state.log.replication.factor", "transaction.state.log.min.isr"),
}
"""What must fit the number of brokers before the topic can come into being."""


def judge_kafka(kafka: KafkaFacts) -> Iterator[Finding]:
    """Yield what is to be said of the brokers."""
    yield from _bootstrap(kafka)
    if kafka.refused is not None:
        yield _conversation(kafka)
    elif not kafka.is_answering:
        yield skipped(ADVERTISED, "no broker answers")
    else:
        yield from _advertised(kafka)
        yield _internal(kafka)


def _bootstrap(kafka: KafkaFacts) -> Iterator[Finding]:
    """Yield what knocking told; a server that is down matters little while another one answers."""
    is_any_open = any(server.is_open for server in kafka.bootstrap)
    for server in kafka.bootstrap:
        if not server.is_open:
            say = warning if is_any_open else problem
            yield say(REACHABLE, _closed(server), _open_it(server, is_in_container=kafka.is_in_container))
    if kafka.is_answering:
        addresses = ", ".join(server.address for server in kafka.bootstrap if server.is_open)
        whole = f": cluster {kafka.cluster_id}, {counted(len(kafka.brokers), 'broker')}" if kafka.cluster_id else ""
        yield ok(REACHABLE, f"{addresses} answers{whole}.")


def _closed(endpoint: Endpoint) -> str:
    return {
        Reach.NO_NAME: f"{endpoint.host} is a name that this machine does not know (KAFKA_BOOTSTRAP_SERVERS).",
        Reach.REFUSED: f"Nothing listens at {endpoint.address} (KAFKA_BOOTSTRAP_SERVERS).",
        Reach.SILENT: f"{endpoint.address} does not answer (KAFKA_BOOTSTRAP_SERVERS).",
    }[endpoint.reach]


def _open_it(endpoint: Endpoint, *, is_in_container: bool) -> str:
    if is_in_container and endpoint.host in _HERE:
        return (
            f"This is a container, and {endpoint.host} is the container itself: start Kafka in it,"
            " or set KAFKA_BOOTSTRAP_SERVERS to the broker's own name, for example kafka:19092."
        )
    return {
        Reach.NO_NAME: "Check the spelling of KAFKA_BOOTSTRAP_SERVERS. The name of a Compose service is known to"
        " containers only: from the host use its published port, for example localhost:9092.",
        Reach.REFUSED: "Start Kafka (docker compose up -d kafka, or segstream local),"
        " or set KAFKA_BOOTSTRAP_SERVERS to where it is.",
        Reach.SILENT: f"Look for a firewall between here and there: nc -vz {endpoint.address.replace(':', ' ')}",
    }[endpoint.reach]


def _conversation(kafka: KafkaFacts) -> Finding:
    assert kafka.refused is not None
    said, protocol = kafka.refused.said, kafka.security_protocol
    address = next((server.address for server in kafka.bootstrap if server.is_open), kafka.bootstrap[0].address)
    if kafka.refused.why is Refusal.PLAINTEXT:
        return problem(LOGIN, said, kafka.refused.mend)
    if kafka.refused.why is Refusal.CLIENT:
        return problem(LOGIN, f"The Kafka client refuses its settings: {said}.", "Run: segstream config show")
    if kafka.refused.why is Refusal.LOGIN:
        return problem(LOGIN, f"{address} refuses the login: {said}.", _login_mend(said))
    if kafka.refused.why is Refusal.TLS:
        return problem(LOGIN, f"No TLS connection with {address}: {said}.", _tls_mend(said))
    return problem(
        LOGIN,
        f"Something listens at {address}, but does not answer as Kafka over {protocol}.",
        "Check that it is Kafka's port, and that the broker does not hang. If it wants TLS or a login:"
        " set KAFKA_SECURITY_PROTOCOL to SSL, SASL_PLAINTEXT or SASL_SSL.",
    )


def _login_mend(said: str) -> str:
    _, has_list, offered = said.partition("supported mechanisms:")
    if "Unsupported SASL mechanism" in said and has_list:
        return f"Set KAFKA_SASL_MECHANISM to what it supports: {offered.strip()}"
    if "not valid in current SASL state" in said:
        return "This listener takes no login. Set KAFKA_SECURITY_PROTOCOL=PLAINTEXT, or use the port that wants one."
    return "Check KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and KAFKA_SASL_MECHANISM."


def _tls_mend(said: str) -> str:
    if "PLAINTEXT" in said:
        return "This listener speaks no TLS. Set KAFKA_SECURITY_PROTOCOL=PLAINTEXT, or use the port that does."
    if "verify failed" in said or "certificate" in said:
        return "Set KAFKA_SSL_CA_LOCATION to the file with the certificate of the authority that signed the broker's."
    return "Check KAFKA_SECURITY_PROTOCOL and the KAFKA_SSL_ settings: segstream config show"


def _advertised(kafka: KafkaFacts) -> Iterator[Finding]:
    """Yield who cannot be reached where they say they are: a client connects again to what is advertised."""
    first = next((server.address for server in kafka.bootstrap if server.is_open), kafka.bootstrap[0].address)
    for number, broker in sorted(kafka.brokers.items()):
        if broker.is_open:
            continue
        fate = {
            Reach.NO_NAME: "a name that this machine does not know",
            Reach.REFUSED: "where nothing listens",
            Reach.SILENT: "which does not answer",
        }[broker.reach]
        yield problem(
            ADVERTISED,
            f"{first} answers, but sends clients on to what broker {number} advertises: {broker.address}, {fate}.",
            f"Use a listener that is meant for this side, or let the broker advertise an address that this machine"
            f" reaches: advertised.listeners=PLAINTEXT://{first} (KAFKA_ADVERTISED_LISTENERS in the Kafka image).",
        )
    if kafka.is_usable:
        addresses = ", ".join(broker.address for _, broker in sorted(kafka.brokers.items()))
        yield ok(ADVERTISED, f"Every broker can be reached where it says it is: {addresses}.")


def _internal(kafka: KafkaFacts) -> Finding:
    """With fewer brokers than replicas the first group and the first transaction wait for ever."""
    if not kafka.is_usable:
        return skipped(INTERNAL, "a broker cannot be reached where it says it is")
    if not kafka.defaults:
        return skipped(INTERNAL, "this client may not see the brokers' settings")
    for topic, keys in _REPLICATION.items():
        for key in keys:
            wanted = int(kafka.defaults.get(key, "1"))
            if topic not in kafka.internal_topics and wanted > len(kafka.brokers):
                return problem(
                    INTERNAL,
                    f"{topic} cannot be created: {key} is {wanted}, with {counted(len(kafka.brokers), 'broker')}.",
                    f"Set {key}={len(kafka.brokers)} on the brokers and restart them.",
                )
    return ok(INTERNAL, "Groups and transactions have the brokers that they need.")
