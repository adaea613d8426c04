"""Every setting, read from the environment in this one place; flags of the same names win."""

from __future__ import annotations

import socket
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from stream_app.contract.topics import Topics
from stream_app.core.errors import UsageError
from stream_app.core.partitioner import Partitioner


def _window(value: object) -> object:
    return None if isinstance(value, str) and value.lower() == "none" else value


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

    redis_url: Annotated[SecretStr, _env("REDIS_URL")] = SecretStr("redis://localhost:6379/0")
    redis_ssl_ca_location: Annotated[str | None, _env("REDIS_SSL_CA_LOCATION")] = None

    instance_id: str = f"{socket.gethostname()}-0"
    deployment: Annotated[str, Field(min_length=1)] = "segstream"
    redis_prefix: str = ""
    topic_prefix: str = ""
    model_uri: str = "./store"
    window_days: Annotated[Annotated[int, Field(gt=0, le=36_500)] | None, BeforeValidator(_window)] = 365
    clock: Literal["event"] = "event"
    """Orders and ticks alone move the clock."""
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


def variable_of(field: str) -> str:
    """Return the environment variable that sets a field."""
    alias = Settings.model_fields[field].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"SEGSTREAM_{field.upper()}"


def load_settings(**flags: Any) -> Settings:
    """Read the settings; flags that are not None win. Raises UsageError that names every bad one."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in error.errors(include_input=False))
        raise UsageError(f"The settings are wrong: {problems}.", "Mend them in the environment or in .env.") from None
