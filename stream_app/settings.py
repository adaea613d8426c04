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
    """Accept the name people have already, and ours."""
    return Field(validation_alias=AliasChoices(name, f"SEGSTREAM_{name}"))


class Settings(BaseSettings):
    """The settings of a worker and of every command that talks to its deployment."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", populate_by_name=True, frozen=True, secrets_dir=None
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

    instance_id: Annotated[str, Field(validation_alias="SEGSTREAM_INSTANCE_ID")] = f"{socket.gethostname()}-0"
    deployment: Annotated[str, Field(validation_alias="SEGSTREAM_DEPLOYMENT", min_length=1)] = "segstream"
    redis_prefix: Annotated[str, Field(validation_alias="SEGSTREAM_REDIS_PREFIX")] = ""
    topic_prefix: Annotated[str, Field(validation_alias="SEGSTREAM_TOPIC_PREFIX")] = ""
    model_uri: Annotated[str, Field(validation_alias="SEGSTREAM_MODEL_URI")] = "./store"
    window_days: Annotated[
        Annotated[int, Field(gt=0, le=36_500)] | None,
        BeforeValidator(_window),
        Field(validation_alias="SEGSTREAM_WINDOW_DAYS"),
    ] = 365
    clock: Annotated[Literal["event", "wall"], Field(validation_alias="SEGSTREAM_CLOCK")] = "event"
    currency: Annotated[str, Field(validation_alias="SEGSTREAM_CURRENCY")] = "EUR"
    key_partitioner: Annotated[Partitioner, Field(validation_alias="SEGSTREAM_KEY_PARTITIONER")] = Partitioner.MURMUR2
    chunk_records: Annotated[int, Field(validation_alias="SEGSTREAM_CHUNK_RECORDS", ge=1, le=100_000)] = 10_000
    cached_customers: Annotated[int, Field(validation_alias="SEGSTREAM_CACHED_CUSTOMERS", ge=1_000)] = 200_000
    web_host: Annotated[str, Field(validation_alias="SEGSTREAM_WEB_HOST")] = "127.0.0.1"
    web_port: Annotated[int, Field(validation_alias="SEGSTREAM_WEB_PORT", ge=0, le=65_535)] = 6066
    log_format: Annotated[Literal["auto", "console", "json"], Field(validation_alias="SEGSTREAM_LOG_FORMAT")] = "auto"
    log_level: Annotated[str, Field(validation_alias="SEGSTREAM_LOG_LEVEL")] = "info"

    @property
    def topics(self) -> Topics:
        """The deployment's topic names."""
        return Topics(self.topic_prefix)


def load_settings(**flags: Any) -> Settings:
    """Read the settings; flags that are not None win. Raises UsageError that names every bad one."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        problems = "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in error.errors(include_input=False))
        raise UsageError(f"The settings are wrong: {problems}.", "Mend them in the environment or in .env.") from None
