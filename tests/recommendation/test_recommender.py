"""What a listener gets: from a trained model on a real database, and in every poor circumstance."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from app.database import Database
from app.errors import BadInput
from app.recommendation import (
    ListeningContext,
    RecommendationRequest,
    Recommender,
    train_recommendation,
)
from app.recommendation.plays import DAY_S
from app.settings import Settings
from tests.recommendation.stored import play, store
from tests.recommendation.synthetic import World, make_world


@asynccontextmanager
async def recommender(settings: Settings, db: Database) -> AsyncIterator[Recommender]:
    started = Recommender(settings, db)
    await started.start()
    try:
        yield started
    finally:
        await started.close()


def known_to(world: World, listener: int) -> set[int]:
    mine = world.plays.where(world.plays.user == listener)
    return {int(world.tracks.ids[item]) for item in mine.item}


async def test_an_answer_has_what_was_asked_and_says_why(
    world: World, trained_settings: Settings, trained_database: Database
) -> None:
    """The promise of the field: count tracks, new ones, ranked, explained, with evidence."""
    async with recommender(trained_settings, trained_database) as service:
        answer = await service.recommend(RecommendationRequest(user_id=5, count=7))
    assert [item.rank for item in answer.items] == list(range(1, 8))
    ids = [item.track_id for item in answer.items]
    assert len(set(ids)) == 7
    assert not set(ids) & known_to(world, 5)
    scores = [item.score for item in answer.items]
    assert scores == sorted(scores, reverse=True)
    assert 0 < answer.confidence <= 1
    assert all(0 <= item.confidence <= answer.confidence + 0.2 for item in answer.items)
    assert "Because you played" in answer.explanation
    for item in answer.items:
        assert sum(reason.share for reason in item.reasons) == pytest.approx(1, abs=0.01)
        for reason in item.reasons:
            assert set(reason.track_ids) <= known_to(world, 5)
    assert answer.metadata.algorithm_used == "hybrid"
    assert answer.metadata.model_version == 1
    assert answer.metadata.calibrated


async def test_recommendations_follow_the_taste(
    world: World, trained_settings: Settings, trained_database: Database
) -> None:
    """Without this, everything else is decoration: the styles they love come first."""
    shares, chance = [], []
    async with recommender(trained_settings, trained_database) as service:
        for listener in range(1, 41):
            answer = await service.recommend(RecommendationRequest(user_id=listener, count=5))
            unheard = set(world.tracks.ids.tolist()) - known_to(world, listener)
            loved = set(np.argsort(-world.affinity[listener - 1])[:2].tolist())
            styles = dict(zip(world.tracks.ids.tolist(), world.style.tolist(), strict=True))
            shares.append(np.mean([styles[item.track_id] in loved for item in answer.items]))
            chance.append(np.mean([styles[id_] in loved for id_ in unheard]))
    assert np.mean(shares) > np.mean(chance) + 0.2


@pytest.mark.parametrize("count", [0, -1, 101, 10**9])
async def test_a_count_out_of_range_is_refused(
    settings: Settings, database: Database, count: int
) -> None:
    with pytest.raises(BadInput, match="from 1 to 100") as caught:
        await Recommender(settings, database).recommend(RecommendationRequest(count=count))
    assert caught.value.argument == "count"


@pytest.mark.parametrize(
    ("request_", "argument", "listed"),
    [
        (RecommendationRequest(algorithm="magic"), "algorithm", "hybrid_deep"),
        (RecommendationRequest(context=ListeningContext(mood="so-so")), "context.mood", "romantic"),
        (
            RecommendationRequest(context=ListeningContext(activity="chess")),
            "context.activity",
            "workout",
        ),
        (
            RecommendationRequest(context=ListeningContext(time_of_day="noon")),
            "context.timeOfDay",
            "afternoon",
        ),
        (
            RecommendationRequest(context=ListeningContext(location="moon")),
            "context.location",
            "transit",
        ),
        (
            RecommendationRequest(context=ListeningContext(device="ear")),
            "context.device",
            "headphones",
        ),
    ],
)
async def test_an_unknown_word_is_refused_with_the_allowed_ones(
    settings: Settings,
    database: Database,
    request_: RecommendationRequest,
    argument: str,
    listed: str,
) -> None:
    with pytest.raises(BadInput, match=listed) as caught:
        await Recommender(settings, database).recommend(request_)
    assert caught.value.argument == argument


@pytest.mark.parametrize(
    "algorithm", ["popular", "collaborative", "content", "deep", "hybrid", "hybrid_deep"]
)
async def test_every_algorithm_answers_and_says_what_answered(
    world: World, trained_settings: Settings, trained_database: Database, algorithm: str
) -> None:
    """Clients may name any of them from the first day; the metadata is honest about it."""
    async with recommender(trained_settings, trained_database) as service:
        answer = await service.recommend(RecommendationRequest(user_id=3, algorithm=algorithm))
    assert len(answer.items) == 10
    assert answer.metadata.algorithm_asked == algorithm
    if algorithm in ("deep", "hybrid_deep"):
        assert answer.metadata.algorithm_used == "hybrid"
        assert "not trained" in (answer.metadata.note or "")
    else:
        assert answer.metadata.algorithm_used == algorithm
        assert answer.metadata.note is None


async def test_a_new_listener_gets_favorites_of_many_artists_and_genres(
    world: World, trained_settings: Settings, trained_database: Database
) -> None:
    """Zero events: a useful, diverse, explained list, also for a user nobody knows."""
    async with recommender(trained_settings, trained_database) as service:
        answer = await service.recommend(RecommendationRequest(user_id=None, count=8))
    at = world.tracks.positions(np.array([item.track_id for item in answer.items]))
    assert len(set(world.tracks.artist_ids[at].tolist())) == 8
    assert len(set(world.tracks.genre_ids[at].tolist())) == 4
    assert "Nothing is known of your taste yet" in answer.explanation
    assert answer.metadata.algorithm_used == "popular"
    assert 0 < answer.confidence < 1


async def test_excluded_missing_skipped_and_known_tracks_stay_away(
    world: World, trained_settings: Settings, trained_database: Database
) -> None:
    async with recommender(trained_settings, trained_database) as service:
        first = await service.recommend(RecommendationRequest(user_id=9, count=6))
        ids = [item.track_id for item in first.items]
        await trained_database.fetch("UPDATE tracks SET missing = true WHERE id = $1", ids[0])
        await play(trained_database, [(9, ids[1], world.plays.now + 60)], skipped=True)
        await play(trained_database, [(9, ids[2], world.plays.now + 120)])
        second = await service.recommend(
            RecommendationRequest(user_id=9, count=6, exclude=frozenset([ids[3]]))
        )
        again = {item.track_id for item in second.items}
        assert not again & set(ids[:4])
        known = await service.recommend(
            RecommendationRequest(user_id=9, count=6, include_known=True)
        )
        assert {item.track_id for item in known.items} & known_to(world, 9)


async def test_a_listener_who_heard_everything_gets_what_was_heard_longest_ago(
    world: World, trained_settings: Settings, trained_database: Database
) -> None:
    now = world.plays.now + DAY_S
    everything = world.tracks.ids.tolist()
    await play(
        trained_database, [(11, id_, now + place * 60) for place, id_ in enumerate(everything)]
    )
    async with recommender(trained_settings, trained_database) as service:
        answer = await service.recommend(RecommendationRequest(user_id=11, count=4))
    assert [item.track_id for item in answer.items] == everything[:4]
    assert "have not heard for longest" in answer.explanation
    assert {reason.type for item in answer.items for reason in item.reasons} == {"not_heard_lately"}


async def test_without_a_model_popularity_answers_and_says_so(
    settings: Settings, database: Database
) -> None:
    world = make_world(listeners=5, tracks=20, styles=2, plays_each=20)
    await store(database, world)
    async with recommender(settings, database) as service:
        answer = await service.recommend(RecommendationRequest(user_id=1, count=3))
        assert service.problem is None
    assert len(answer.items) == 3
    assert "No model is trained yet" in answer.explanation
    assert answer.confidence == 0 and not answer.metadata.calibrated
    assert answer.metadata.model_version is None


async def test_an_empty_catalog_gives_an_empty_list_and_a_reason(
    settings: Settings, database: Database
) -> None:
    async with recommender(settings, database) as service:
        answer = await service.recommend(RecommendationRequest())
    assert answer.items == ()
    assert "no track" in answer.explanation


async def test_a_catalog_of_three_tracks_trains_and_answers(
    settings: Settings, database: Database
) -> None:
    """The smallest thing that a person might try first."""
    world = make_world(listeners=2, tracks=3, styles=1, plays_each=4)
    await store(database, world)
    await train_recommendation(settings, database)
    async with recommender(settings, database) as service:
        answer = await service.recommend(RecommendationRequest(user_id=1, count=10))
    assert {item.track_id for item in answer.items} == {1000, 1001, 1002}


async def test_a_model_of_another_catalog_does_not_recommend_ghosts(
    world: World, trained_settings: Settings, trained_database: Database
) -> None:
    """After the catalog was replaced under a trained model: existing tracks, or none."""
    await trained_database.fetch("DELETE FROM tracks WHERE id < 1055")
    await trained_database.fetch(
        "INSERT INTO tracks (key, title, folded) VALUES ('n', 'New', 'new')"
    )
    new = await trained_database.fetch_value("SELECT id FROM tracks WHERE key = 'n'")
    async with recommender(trained_settings, trained_database) as service:
        answer = await service.recommend(RecommendationRequest(count=20))
    assert {item.track_id for item in answer.items} == {1055, 1056, 1057, 1058, 1059, new}
    assert "does not know yet" in answer.explanation


async def test_three_listens_of_one_taste_move_the_next_answer_toward_it(
    world: World, trained_settings: Settings, trained_database: Database
) -> None:
    """Live effect without training: likeness of the next ten rises, and not by chance.

    Each listener plays three tracks of a style that is not theirs; the tracks played are excluded
    before and after, so that leaving them out is not what is seen.
    """
    styles = dict(zip(world.tracks.ids.tolist(), world.style.tolist(), strict=True))
    risen = 0
    async with recommender(trained_settings, trained_database) as service:
        for listener in range(1, 51):
            least = int(np.argmin(world.affinity[listener - 1]))
            of_style = [id_ for id_, style in styles.items() if style == least]
            played = of_style[:3]

            async def likeness(user: int, out: list[int], style: int) -> float:
                answer = await service.recommend(
                    RecommendationRequest(user_id=user, count=10, exclude=frozenset(out))
                )
                return float(np.mean([styles[item.track_id] == style for item in answer.items]))

            before = await likeness(listener, played, least)
            later = world.plays.now + 3600
            await play(
                trained_database, [(listener, id_, later + n * 200) for n, id_ in enumerate(played)]
            )
            risen += await likeness(listener, played, least) > before
    assert risen >= 45
