"""Training against a real database: idempotent, safe to interrupt, honest about poor data."""

import asyncio
from pathlib import Path

import pytest

from app.artifacts import ArtifactStore
from app.database import Database
from app.recommendation import (
    RecommendationRequest,
    Recommender,
    evaluate_listens,
    evaluate_research,
    train_recommendation,
)
from app.recommendation.model import Model
from app.settings import Settings
from tests.recommendation.stored import play, store
from tests.recommendation.synthetic import World, make_world


async def test_training_again_on_the_same_data_changes_nothing(
    world: World, trained_settings: Settings, trained_database: Database
) -> None:
    again = await train_recommendation(trained_settings, trained_database)
    assert (again.version, again.promoted) == (1, False)
    assert "nothing changed" in again.notes[0]
    await play(trained_database, [(1, 1003, world.plays.now + 5)])
    after = await train_recommendation(trained_settings, trained_database)
    assert (after.version, after.promoted) == (2, True)


async def test_a_running_server_takes_over_a_new_model(
    world: World, trained_settings: Settings, trained_database: Database
) -> None:
    service = Recommender(trained_settings, trained_database)
    await service.start()
    try:
        await play(trained_database, [(1, 1003, world.plays.now + 5)])
        await train_recommendation(trained_settings, trained_database)
        for _ in range(50):
            answer = await service.recommend(RecommendationRequest(user_id=1))
            if answer.metadata.model_version == 2:
                break
            await asyncio.sleep(0.1)
        assert answer.metadata.model_version == 2
    finally:
        await service.close()


async def test_an_interrupted_training_leaves_the_champion(
    world: World,
    trained_settings: Settings,
    trained_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed while files are being written: no half artifact, and answers go on."""

    def stopped(model: Model, folder: Path) -> None:
        (folder / "track_ids.npy").write_bytes(b"half")
        raise KeyboardInterrupt

    await play(trained_database, [(1, 1003, world.plays.now + 5)])
    with monkeypatch.context() as patched:
        patched.setattr(Model, "save", stopped)
        with pytest.raises(KeyboardInterrupt):
            await train_recommendation(trained_settings, trained_database)
    held = await ArtifactStore(trained_database, trained_settings.artifacts_dir).champion(
        "recommendation"
    )
    assert held is not None and held.version == 1
    Model.load(held.path)
    folders = sorted(path.name for path in held.path.parent.iterdir())
    assert folders == ["1"]


@pytest.mark.parametrize("broken", ["item_factors.npy", "model.json", "track_ids.npy"])
async def test_a_half_written_artifact_is_named_and_does_not_stop_answers(
    trained_settings: Settings, trained_database: Database, broken: str
) -> None:
    """A full disk or a bad copy: /readyz can say so, listeners still get popular tracks."""
    file = trained_settings.artifacts_dir / "recommendation" / "1" / broken
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    service = Recommender(trained_settings, trained_database)
    await service.start()
    try:
        assert "version 1 of recommendation does not load" in (service.problem or "")
        answer = await service.recommend(RecommendationRequest(user_id=1))
        assert len(answer.items) == 10
    finally:
        await service.close()


async def test_two_trainings_at_once_do_not_meet(
    world: World, trained_settings: Settings, trained_database: Database
) -> None:
    await play(trained_database, [(1, 1003, world.plays.now + 5)])
    reports = await asyncio.gather(
        train_recommendation(trained_settings, trained_database),
        train_recommendation(trained_settings, trained_database),
    )
    assert sorted(report.promoted for report in reports) == [False, True]
    assert {report.version for report in reports} == {2}


async def test_an_empty_catalog_is_a_success_without_a_model(
    settings: Settings, database: Database
) -> None:
    report = await train_recommendation(settings, database)
    assert report.version is None
    assert "empty" in report.lines()[1]


async def test_a_catalog_without_listens_learns_from_stored_playlists(
    settings: Settings, database: Database
) -> None:
    """A catalog and playlists are all that some operators have."""
    world = make_world(listeners=60, tracks=40, styles=4, plays_each=30)
    await store(database, world)
    await database.fetch(
        "INSERT INTO playlists (id, key, title, source) OVERRIDING SYSTEM VALUE "
        "SELECT id, key, key, 'test' FROM users"
    )
    await database.fetch(
        "INSERT INTO playlist_tracks (playlist_id, position, track_id) SELECT user_id, "
        "row_number() OVER (PARTITION BY user_id ORDER BY id) - 1, track_id FROM listens"
    )
    await database.fetch("DELETE FROM listens")
    report = await train_recommendation(settings, database)
    assert any("playlists stand for listeners" in note for note in report.notes)
    service = Recommender(settings, database)
    await service.start()
    try:
        await play(database, [(7, 1000, 1_700_000_000), (7, 1004, 1_700_000_300)])
        answer = await service.recommend(RecommendationRequest(user_id=7, count=5))
    finally:
        await service.close()
    styles = dict(zip(world.tracks.ids.tolist(), world.style.tolist(), strict=True))
    assert sum(styles[item.track_id] == 0 for item in answer.items) >= 3


async def test_evaluating_the_database_changes_nothing_in_it(
    trained_settings: Settings, trained_database: Database
) -> None:
    found = await evaluate_listens(trained_database)
    methods = {row.method for row in found.rows}
    assert {"popular", "personal", "neighbors", "collaborative", "hybrid"} <= methods
    assert {row.kind for row in found.rows} == {"new", "repeated", "all"}
    versions = await trained_database.fetch_value("SELECT count(*) FROM artifact_versions")
    assert versions == 1


@pytest.mark.slow
async def test_ials_reaches_the_published_range_on_lastfm2k(shared_data: Path) -> None:
    """LightGCN's published recall@10 on this set and split is .2064 (RecBole-GNN)."""
    found = await evaluate_research(shared_data, factors=128)
    rows = {(row.data, row.method.split(" ")[0]): row.metrics for row in found.rows}
    assert rows["lastfm2k", "iALS"].recall > 0.2
    for data in ("lastfm2k", "mpd_sample"):
        assert rows[data, "iALS"].ndcg > rows[data, "popularity"].ndcg * 2
