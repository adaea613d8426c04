"""Which model a new one goes on with, where no Kafka answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_store.errors import ModelRefused
from model_store.store import ModelStore
from stream_app.commands.champion import find_champion
from stream_app.local.ports import free_ports
from stream_app.settings import Settings, load_settings
from tests.builders import a_model

OLDER, NEWER = "20250101T000000Z-aaaaaaaa", "20250201T000000Z-bbbbbbbb"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (port,) = free_ports(1)
    return load_settings(model_uri=str(tmp_path), kafka_bootstrap_servers=f"127.0.0.1:{port}")


def publish(settings: Settings, *versions: str) -> None:
    for version in versions:
        ModelStore.at(settings.model_uri).publish(a_model(version=version))


def test_the_first_model_of_a_store_goes_on_with_none(settings: Settings) -> None:
    assert find_champion("auto", settings) is None


def test_the_newest_in_the_store_is_the_champion_where_no_kafka_names_another(settings: Settings) -> None:
    publish(settings, NEWER, OLDER)

    champion = find_champion("auto", settings)

    assert champion is not None
    assert (champion.model.version, champion.why) == (NEWER, "the newest in the store")


def test_another_names_models_are_no_champions(settings: Settings) -> None:
    publish(settings, NEWER)

    assert find_champion("auto", settings.model_copy(update={"model_name": "wholesale"})) is None


def test_a_broken_model_is_passed_over_and_named(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(settings, OLDER, NEWER)
    (broken,) = tmp_path.rglob(f"{NEWER}/model.json")
    broken.write_text("{")

    champion = find_champion("auto", settings)

    assert champion is not None
    assert champion.model.version == OLDER
    assert f"Model {NEWER} is passed over" in capsys.readouterr().err


def test_a_champion_can_be_named_or_left_out(settings: Settings) -> None:
    publish(settings, OLDER, NEWER)

    named = find_champion(OLDER, settings)

    assert named is not None
    assert (named.model.version, named.why) == (OLDER, "as asked")
    assert find_champion("none", settings) is None
    with pytest.raises(ModelRefused, match="not in the store"):
        find_champion("20240101T000000Z-cccccccc", settings)
