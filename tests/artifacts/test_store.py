import asyncio
from pathlib import Path

import pytest

from app.artifacts import Artifact, ArtifactStore, Follower
from app.database import Database


async def publish(store: ArtifactStore, text: str, promote: bool = True) -> Artifact:
    async def write(folder: Path) -> None:
        (folder / "model.txt").write_text(text)

    return await store.publish(
        "greeting", write, parameters={"seed": 1}, metrics={"ndcg": 0.2}, promote=promote
    )


async def test_a_follower_swaps_to_what_was_promoted(database: Database, tmp_path: Path) -> None:
    store = ArtifactStore(database, tmp_path)

    async def load(artifact: Artifact) -> str:
        return (artifact.path / "model.txt").read_text()

    follower = Follower(store, "greeting", load)
    assert not await follower.refresh()
    await publish(store, "hello")
    assert await follower.refresh()
    assert follower.current == "hello"
    await publish(store, "worse", promote=False)
    assert not await follower.refresh()
    await publish(store, "better")
    task = asyncio.create_task(follower.follow(0.01))
    for _ in range(200):
        if follower.current == "better":
            break
        await asyncio.sleep(0.01)
    task.cancel()
    assert follower.current == "better"
    assert follower.artifact is not None
    assert follower.artifact.metrics == {"ndcg": 0.2}


async def test_a_failed_write_leaves_nothing(database: Database, tmp_path: Path) -> None:
    store = ArtifactStore(database, tmp_path)

    async def write(folder: Path) -> None:
        (folder / "half").write_text("…")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        await store.publish("greeting", write, parameters={}, metrics={}, promote=True)
    assert await store.champion("greeting") is None
    assert list((tmp_path / "greeting").iterdir()) == []


async def test_a_broken_artifact_keeps_the_old_one(database: Database, tmp_path: Path) -> None:
    store = ArtifactStore(database, tmp_path)

    async def load(artifact: Artifact) -> str:
        return (artifact.path / "model.txt").read_text()

    follower = Follower(store, "greeting", load)
    await publish(store, "hello")
    await follower.refresh()
    broken = await publish(store, "new")
    (broken.path / "model.txt").unlink()
    assert not await follower.refresh()
    assert follower.current == "hello"
    assert "does not load" in (follower.problem or "")


async def test_only_the_last_versions_and_the_champion_are_kept(
    database: Database, tmp_path: Path
) -> None:
    store = ArtifactStore(database, tmp_path)
    await publish(store, "champion")
    for number in range(5):
        await publish(store, str(number), promote=False)
    kept = sorted(int(folder.name) for folder in (tmp_path / "greeting").iterdir())
    assert kept == [1, 4, 5, 6]
