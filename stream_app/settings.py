"""Every setting, read from the environment in this one place; flags of the same names win."""

from __future__ import annotations

import socket
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from stream_app.contract.topics import Topics
from stream_app.core.errors import UsageError
from stream_app.core.partitioner import Partitioner
from stream_app.core.rules import Rules


def _window(value: object) -> object:
    return None if isinstance(value, str) and value.lower() == "none" else value


def _redis_url(value: object) -> object:
    if isinstance(value, str) and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("write it like redis://localhost:6379/0, rediss://… or unix://…")
    return value


def _env(name: str) -> Any:
    """Accept the name that people have already, and ours."""
    return Field(validation_alias=AliasChoices(name, f"SEGSTREAM_{name}"))


class Settings(BaseSettings):
    """The settings of a worker and of every command that talks to its deployment."""

    model_config = SettingsConfigDict(
        env_prefix="SEGSTREAM_", env_file=".env", extra="ignore", populate_by_name=True, frozen=True
    )

    kafka_bootstrap_servers: Annotated[str, _env("KAFKA_BOOTSTRAP_SERVERS")] = "localhost:9092"
    kafka_group_id: Annotated[str, _env("KAFKA_GROUP_ID")] = "segstream-worker"
    kafka_security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], _env("KAFKA_SECURITY_PROTOCOL")
    ] = "PLAINTEXT"
    kafka_sasl_mechanism: Annotated[str | None, _env("KAFKA_SASL_MECHANISM")] = None
    kafka_sasl_username: Annotated[str | None, _env("KAFKA_SASL_USERNAME")] = None
    kafka_sasl_password: Annotated[SecretStr | None, _env("KAFKA_SASL_PASSWORD")] = None
    kafka_ssl_ca_location: Annotated[str | None, _env("KAFKA_SSL_CA_LOCATION")] = None
    kafka_ssl_certificate_location: Annotated[str | None, _env("KAFKA_SSL_CERTIFICATE_LOCATION")] = None
    kafka_ssl_key_location: Annotated[str | None, _env("KAFKA_SSL_KEY_LOCATION")] = None
    kafka_extra: Annotated[dict[str, str], _env("KAFKA_EXTRA")] = {}
    """librdkafka keys that no setting of ours covers, as JSON."""
    kafka_session_timeout_ms: Annotated[int, _env("KAFKA_SESSION_TIMEOUT_MS")] = Field(45_000, ge=1_000)
    kafka_transaction_timeout_ms: Annotated[int, _env("KAFKA_TRANSACTION_TIMEOUT_MS")] = Field(20_000, ge=1_000)

    redis_url: Annotated[SecretStr, BeforeValidator(_redis_url), _env("REDIS_URL")] = SecretStr(
        "redis://localhost:6379/0"
    )
    redis_ssl_ca_location: Annotated[str | None, _env("REDIS_SSL_CA_LOCATION")] = None

    instance_id: str = f"{socket.gethostname()}-0"
    deployment: Annotated[str, Field(min_length=1)] = "segstream"
    redis_prefix: str = ""
    topic_prefix: str = ""
    model_uri: str = "./store"
    window_days: Annotated[Annotated[int, Field(gt=0, le=36_500)] | None, BeforeValidator(_window)] = 365
    clock: Literal["wall", "event"] = "wall"
    """event: orders and ticks alone move the clock; wall: once all orders are read, the time of day does too."""
    currency: str = "EUR"
    key_partitioner: Partitioner = Partitioner.MURMUR2
    chunk_records: Annotated[int, Field(ge=1, le=100_000)] = 20_000
    cached_customers: Annotated[int, Field(ge=1_000)] = 200_000
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Field(ge=1, le=65_535)] = 6066
    log_format: Literal["auto", "console", "json"] = "auto"
    log_level: str = "info"

    @property
    def topics(self) -> Topics:
        """The deployment's topic names."""
        return Topics(self.topic_prefix)

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
        )

    @property
    def redis_address(self) -> str:
        """Where Redis is, without user and password."""
        url = urlsplit(self.redis_url.get_secret_value())
        return url.netloc.rpartition("@")[2] or url.path


SECRETS = {"redis_url", "kafka_sasl_password", "kafka_extra"}
"""Fields whose value no message shows."""


def variable_of(field: str) -> str:
    """Return the environment variable that sets a field."""
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"SEGSTREAM_{field.upper()}"


def load_settings(**flags: Any) -> Settings:
    """Read the settings; flags that are not None win. Raises UsageError that names every bad one."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except SettingsError as error:
        raise UsageError(f"settings are wrong: {error}.", "KAFKA_EXTRA is a JSON object of texts.") from None
    except ValidationError as error:
        problems = "; ".join(_problem(dict(problem)) for problem in error.errors())
        mend = "Mend it in the environment, in .env or in the flag; docs/reference/settings.md has them all."
        raise UsageError(f"settings are wrong: {problems}.", mend) from None


def _problem(problem: dict[str, Any]) -> str:
    name, *inside = map(str, problem["loc"])
    field = next((field for field in Settings.model_fields if name in {field, *_names_of(field)}), None)
    variable = name if field is None else variable_of(field)
    message = problem["msg"].removeprefix("Value error, ")
    is_hidden = inside or field in SECRETS
    value = "" if is_hidden else f" is {problem['input']!r}"
    return f"{variable}{value}: {message[:1].lower()}{message[1:]}"


def _names_of(field: str) -> set[str]:
    alias = Settings.model_fields[field].validation_alias
    return {str(name) for name in alias.choices} if isinstance(alias, AliasChoices) else {f"SEGSTREAM_{field.upper()}"}
