"""Every setting, from the one place that reads the environment; flags of the same names win."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, WithJsonSchema
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from model_store.checks import VERSION
from model_store.store import DEFAULT_NAME, ModelStore
from stream_app.contract.topics import Topics
from stream_app.core.erasure import ErasureKey
from stream_app.core.errors import UsageError
from stream_app.core.partitioner import Partitioner
from stream_app.core.rules import Rules
from stream_app.settings_sources import SecretFiles, SettingsFile, names_of, origins


def _window(value: object) -> object:
    return None if isinstance(value, str) and value.lower() == "none" else value


def _redis_url(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("redis", "rediss", "unix"):
        raise ValueError("write it like redis://localhost:6379/0, rediss://… or unix://…")
    try:
        _ = parts.port
    except ValueError:
        # The library's own words would show the password.
        raise ValueError("its port is no number: encode a password with : / or @ in it") from None
    return url


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("write it like http://127.0.0.1:8000 or https://segments.example.com")
    return url.rstrip("/")


def _namespace(name: str) -> str:
    if name and not is_namespace(name):
        raise ValueError(f"take {NAMESPACE_WORDS}")
    return name


def is_namespace(name: str) -> bool:
    """Tell whether a name can be a namespace's: in topics, groups and keys it stands as it is."""
    return _NAMESPACE.fullmatch(name) is not None and name != LIVE


LIVE = "live"
"""How people call what is in no namespace."""
_NAMESPACE = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
NAMESPACE_WORDS = "1 to 31 of a-z, 0-9 and -, and not `live`"

_WINDOW_SCHEMA = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 36_500}, {"const": "none"}]}
"""TOML knows no null."""


def _env(name: str) -> Any:
    """Accept the name that people have already, and ours."""
    return Field(validation_alias=AliasChoices(name, f"SEGSTREAM_{name}"))


class Settings(BaseSettings):
    """The settings of a worker and of every command that talks to its deployment."""

    model_config = SettingsConfigDict(
        env_prefix="SEGSTREAM_", env_file=".env", extra="ignore", populate_by_name=True, frozen=True,
        use_attribute_docstrings=True,
    )  # fmt: skip

    kafka_bootstrap_servers: Annotated[str, _env("KAFKA_BOOTSTRAP_SERVERS")] = "localhost:9092"
    """Brokers to ask first, with commas between them."""
    kafka_group_id: Annotated[str, _env("KAFKA_GROUP_ID")] = "segstream-worker"
    """The consumer group, which all workers of a deployment share."""
    kafka_security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], _env("KAFKA_SECURITY_PROTOCOL")
    ] = "PLAINTEXT"
    """How to talk to the brokers."""
    kafka_sasl_mechanism: Annotated[str | None, _env("KAFKA_SASL_MECHANISM")] = None
    """PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER."""
    kafka_sasl_username: Annotated[str | None, _env("KAFKA_SASL_USERNAME")] = None
    """The name to log in with."""
    kafka_sasl_password: Annotated[SecretStr | None, _env("KAFKA_SASL_PASSWORD")] = None
    """The password to log in with; never shown."""
    kafka_ssl_ca_location: Annotated[str | None, _env("KAFKA_SSL_CA_LOCATION")] = None
    """File with the authority's certificate."""
    kafka_ssl_certificate_location: Annotated[str | None, _env("KAFKA_SSL_CERTIFICATE_LOCATION")] = None
    """File with this client's certificate."""
    kafka_ssl_key_location: Annotated[str | None, _env("KAFKA_SSL_KEY_LOCATION")] = None
    """File with this client's key."""
    kafka_extra: Annotated[dict[str, str], _env("KAFKA_EXTRA"), Field(repr=False)] = {}
    """librdkafka keys that no setting of ours covers, as JSON."""
    kafka_allow_plaintext: bool = False
    """Talk to Kafka on other machines without TLS."""
    kafka_session_timeout_ms: Annotated[int, _env("KAFKA_SESSION_TIMEOUT_MS")] = Field(45_000, ge=1_000)
    """After so long without a sign of life a worker's partitions go to others."""
    kafka_transaction_timeout_ms: Annotated[int, _env("KAFKA_TRANSACTION_TIMEOUT_MS")] = Field(20_000, ge=1_000)
    """After so long the broker ends a transaction whose worker is gone."""

    redis_url: Annotated[SecretStr, AfterValidator(_redis_url), _env("REDIS_URL")] = SecretStr(
        "redis://localhost:6379/0"
    )
    """The one primary: redis://, rediss:// or unix://."""
    redis_ssl_ca_location: Annotated[str | None, _env("REDIS_SSL_CA_LOCATION")] = None
    """File with the authority's certificate, for rediss://."""
    redis_allow_plaintext: bool = False
    """Talk to Redis on another machine without TLS."""

    instance_id: str = f"{socket.gethostname()}-0"
    """Unique among live workers, stable over restarts."""
    deployment: Annotated[str, Field(min_length=1)] = "segstream"
    """Part of every event id: deployments with the same subscribers need names of their own."""
    redis_prefix: str = ""
    """In front of all Redis keys, so that deployments can share a server."""
    topic_prefix: str = ""
    """In front of all topic names, so that deployments can share a cluster."""
    namespace: Annotated[str, AfterValidator(_namespace)] = ""
    """A replay's, to look at what it made: the live orders, with states, changes and Redis keys of its own."""
    model_uri: str = "./store"
    """Where the published models lie: a path, a file:/// URI, or an object store such as s3://bucket/folder."""
    model_name: Annotated[str, Field(pattern=f"^{VERSION.pattern}$")] = DEFAULT_NAME
    """Which of the store's models: they lie in models/<name>/<version>/."""
    model_public_key: Path | None = None
    """File with an Ed25519 public key: a worker refuses a model without its signature."""
    window_days: Annotated[
        Annotated[int, Field(gt=0, le=36_500)] | None, BeforeValidator(_window), WithJsonSchema(_WINDOW_SCHEMA)
    ] = 365
    """The rolling window in days, or none, with which a deployment begins; afterwards its state decides."""
    clock: Literal["wall", "event"] = "wall"
    """event: orders and ticks alone move the clock; wall: once all orders are read, the time of day does too."""
    currency: str = "EUR"
    """The currency of all orders; it cannot change under a running deployment."""
    key_partitioner: Partitioner = Partitioner.MURMUR2
    """How the shop's producers choose a partition; segstream doctor finds out."""
    erasure_key: Annotated[SecretStr, Field(min_length=32)] | None = None
    """The secret by which erased people are known, at least 32 characters; it must never change; never shown."""
    pseudonym_key: Annotated[SecretStr, Field(min_length=32)] | None = None
    """The secret by which `segstream load --hash-customer-id` replaces customer ids; never shown."""
    chunk_records: Annotated[int, Field(ge=1, le=100_000)] = 20_000
    """Most records in one transaction."""
    cached_customers: Annotated[int, Field(ge=1_000)] = 200_000
    """So many customers are kept decoded in memory."""
    model_events_per_second: Annotated[int, Field(ge=0)] = 0
    """A worker publishes at most so many changes a second that a new model causes by itself; 0: no limit."""
    gate_max_moved_share: Annotated[float, Field(ge=0, le=1)] = 0.4
    """A model that would move more of the customers becomes live only by force."""
    gate_min_ari: Annotated[float, Field(ge=-1, le=1)] = 0.3
    """So must a model that agrees less with today's segments, by the adjusted Rand index."""
    gate_max_silhouette_drop: Annotated[float, Field(ge=0, le=2)] = 0.05
    """So must a model whose silhouette on today's customers is lower by more."""
    web_host: str = "127.0.0.1"
    """Where the worker's pages listen; they have no password."""
    web_port: Annotated[int, Field(ge=1, le=65_535)] = 6066
    """Their port."""
    api_host: str = "127.0.0.1"
    """Where the API listens; without tokens it refuses any place but this machine."""
    api_port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    """Its port; 0 takes a free one."""
    api_tokens: SecretStr | None = None
    """Who may ask: scope:hash entries with commas between them, as `segstream api token` prints them."""
    api_tokens_file: Path | None = None
    """File with such entries, one a line."""
    api_allow_anonymous: bool = False
    """Let anybody read who reaches the API; admin routes stay closed."""
    api_requests_per_second: Annotated[int, Field(ge=0)] = 500
    """So many requests a second a client may make, and twice as many at once; 0: no limit."""
    api_max_body_bytes: Annotated[int, Field(ge=1_000)] = 4_000_000
    """A longer request is refused."""
    api_max_streams: Annotated[int, Field(ge=0, le=10_000)] = 50
    """So many clients may follow the changes at once; each costs a thread and a Kafka consumer."""
    api_url: Annotated[str, AfterValidator(_http_url)] = "http://127.0.0.1:8000"
    """Where the dashboard finds the API."""
    dashboard_host: str = "127.0.0.1"
    """Where the dashboard listens; another than loopback needs a token or an identity provider."""
    dashboard_port: Annotated[int, Field(ge=1, le=65_535)] = 8501
    """Where on that host."""
    dashboard_token: SecretStr | None = None
    """What people type in to see the dashboard; never shown."""
    dashboard_oidc_metadata_url: Annotated[str, AfterValidator(_http_url)] | None = None
    """Where the identity provider says what it is: …/.well-known/openid-configuration."""
    dashboard_oidc_client_id: str = ""
    """What the identity provider calls the dashboard."""
    dashboard_oidc_client_secret: SecretStr | None = None
    """What the identity provider knows the dashboard by; never shown."""
    dashboard_oidc_redirect_uri: Annotated[str, AfterValidator(_http_url)] | None = None
    """The dashboard's address with /oauth2callback behind it, as the identity provider knows it."""
    dashboard_oidc_cookie_secret: Annotated[SecretStr, Field(min_length=32)] | None = None
    """Signs the cookie of who has signed in, at least 32 characters; never shown."""
    dashboard_oidc_allowed: str = ""
    """Who may see the dashboard: addresses, @domains, or * for all whom the provider knows; commas between them."""
    dashboard_oidc_trust_addresses: bool = False
    """Believe addresses of which the provider does not say whether they were verified."""
    dashboard_api_token: SecretStr | None = None
    """The dashboard's own token of the API, with the scope read; it stays on the server, and is never shown."""
    dashboard_allow_anonymous: bool = False
    """Let everybody who reaches it see the dashboard, wherever it listens."""
    dashboard_note: str = ""
    """Words above every page of the dashboard, in Markdown."""
    otel_exporter_otlp_endpoint: Annotated[
        Annotated[str, AfterValidator(_http_url)] | None, _env("OTEL_EXPORTER_OTLP_ENDPOINT")
    ] = None
    """Where traces are sent, by OTLP over HTTP; none are made without it, nor without the extra otel."""
    otel_service_name: Annotated[str, _env("OTEL_SERVICE_NAME")] = "segstream"
    """What the traces call this process."""
    log_format: Literal["auto", "console", "json"] = "auto"
    """console, json, or auto: console on a terminal, else json."""
    log_level: str = "info"
    """debug, info, warning or error."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the library calls with these names
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the places to look in, the one that wins first."""
        ours: list[PydanticBaseSettingsSource] = [init_settings]
        for variables in (env_settings, dotenv_settings):
            assert isinstance(variables, EnvSettingsSource)
            ours += [variables, SecretFiles(settings_cls, variables)]
        return (*ours, SettingsFile(settings_cls))

    def require_live(self) -> None:
        """Raise UsageError in a namespace: whoever wrote to the orders from there would write to what is live."""
        if self.namespace:
            raise UsageError(
                f"SEGSTREAM_NAMESPACE is {self.namespace}, and the orders belong to the live deployment.",
                "Unset it to write to them.",
            )

    @property
    def models(self) -> ModelStore:
        """The published models that this deployment chooses from."""
        return ModelStore.at(self.model_uri, self.model_name, self.model_public_key)

    @property
    def topics(self) -> Topics:
        """The deployment's topic names."""
        return Topics(self.topic_prefix, self.namespace)

    def within(self, namespace: str) -> Settings:
        """Return the settings of one of the deployment's namespaces; an empty name is the live deployment.

        Its group, Redis keys and event ids are of its own: nothing that it does can touch what is live.
        """
        if not namespace or self.namespace:
            return self
        changes = {
            "namespace": namespace,
            "kafka_group_id": f"{self.kafka_group_id}-shadow-{namespace}",
            "redis_prefix": f"{self.redis_prefix}shadow:{namespace}:",
            "deployment": f"{self.deployment}/{namespace}",
        }
        return self.model_copy(update=changes)

    def rules(self, partitions: int) -> Rules:
        """Return what every evaluation obeys, for an orders topic of so many partitions."""
        return Rules(
            deployment=self.deployment,
            orders_topic=self.topics.orders,
            partitions=partitions,
            window_days=self.window_days,
            currency=self.currency,
            partitioner=self.key_partitioner,
            is_wall_clock=self.clock == "wall",
            erasure_key=self.erasure,
            has_breaker=not self.namespace,
        )

    @property
    def erasure(self) -> ErasureKey | None:
        """The key by which erased people are known, None when none is set."""
        return None if self.erasure_key is None else ErasureKey(self.erasure_key.get_secret_value().encode())

    @property
    def redis_address(self) -> str:
        """Where Redis is, without user and password."""
        url = urlsplit(self.redis_url.get_secret_value())
        return url.netloc.rpartition("@")[2] or url.path


SECRETS = {
    "redis_url", "kafka_sasl_password", "kafka_extra", "api_tokens", "dashboard_token", "dashboard_api_token",
    "dashboard_oidc_client_secret", "dashboard_oidc_cookie_secret", "erasure_key", "pseudonym_key",
}  # fmt: skip
"""Fields whose value no message shows."""


def variable_of(field: str) -> str:
    """Return the environment variable that sets a field."""
    return names_of(Settings, field)[0]


def load_settings(**flags: Any) -> Settings:
    """Read the settings; flags that are not None win. Raises UsageError that names every bad one."""
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        settings = Settings(**given)
        return settings.model_copy(update={"namespace": ""}).within(settings.namespace)
    except SettingsError as error:
        raise UsageError(f"settings are wrong: {error}.", "KAFKA_EXTRA is a JSON object of texts.") from None
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}.", "Make it readable.") from None
    except ValidationError as error:
        problems = "; ".join(_problem(dict(problem), given) for problem in error.errors())
        mend = "Mend it where it stands; docs/reference/settings.md and `segstream config schema` have all settings."
        raise UsageError(f"settings are wrong: {problems}.", mend) from None


def _problem(problem: dict[str, Any], flags: dict[str, Any]) -> str:
    """Return one bad setting in words: its value unless it is secret, where it stands, and what it should be."""
    name, *inside = map(str, problem["loc"])
    field = next(field for field in Settings.model_fields if name in {field, *names_of(Settings, field)})
    origin = origins(Settings, flags)[field]
    message = problem["msg"].removeprefix("Value error, ")
    is_hidden = inside or field in SECRETS
    value = "" if is_hidden else f" is {problem['input']!r}"
    return f"{variable_of(field)}{value} ({origin.words}): {message[:1].lower()}{message[1:]}"
