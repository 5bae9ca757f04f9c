"""The learning itself, without a database: better than its baselines, honest when it is not."""

import numpy as np
import pytest
from scipy import sparse

from app.recommendation.blend import Judged, fit_blend
from app.recommendation.calibration import calibration_error
from app.recommendation.content import content_vectors
from app.recommendation.habits import DEVICES, PARTS_OF_DAY, Habits, learn_habits
from app.recommendation.learning import learn
from app.recommendation.parts import PARTS, AlsParameters, Recipe
from tests.recommendation.synthetic import World, make_world


def no_habits(size: int) -> tuple[Habits, Habits]:
    return learn_habits(PARTS_OF_DAY, [], size), learn_habits(DEVICES, [], size)


def say_nothing(message: str) -> None:
    del message


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(listeners=80, tracks=80, styles=5, plays_each=80)


def test_a_model_beats_popularity_where_there_are_tastes(world: World) -> None:
    trained = learn(world.tracks, world.plays, no_habits(80), None, say_nothing)
    test = trained.metrics["test"]
    assert isinstance(test, dict)
    assert test["hybrid"]["new"]["ndcg@10"] > 1.5 * test["popular"]["new"]["ndcg@10"]
    assert {"popular", "personal", "neighbors", "collaborative"} <= set(test)
    assert set(test["hybrid"]) == {"new", "repeated", "all"}


def test_a_worse_recipe_does_not_replace_the_champions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tuning that went wrong keeps the old recipe, fitted on the new data."""
    from app.recommendation import learning
    from app.recommendation.tuning import Tuned

    champion = Recipe(new={"collaborative": 1.0}, known={"personal": 1.0})
    bad = Recipe(
        als=AlsParameters(factors=2, regularization=1e5),
        new={"neighbors": -1.0},
        known={"personal": -1.0},
    )
    monkeypatch.setattr(learning, "tune", lambda *arguments: Tuned(bad, [], {}))
    trained = learn(world.tracks, world.plays, no_habits(80), champion, say_nothing)
    assert trained.model.parts.recipe == champion
    first = learn(world.tracks, world.plays, no_habits(80), None, say_nothing)
    assert first.model.parts.recipe.new == {"popular": 1.0}  # never below popularity


def test_the_blend_is_not_shipped_where_its_best_part_is_better() -> None:
    """One part knows, the others are noise: the part alone must come out."""
    rng = np.random.default_rng(8)
    cases, items = 60, 50
    truth = np.zeros((cases, items), np.float32)
    for row in range(cases):
        truth[row, rng.choice(items, 5, replace=False)] = 1
    cube = rng.normal(0, 1, (len(PARTS), cases, items)).astype(np.float32)
    cube[PARTS.index("content")] = truth
    judged = Judged(cube, np.ones((cases, items), bool), sparse.csr_matrix(truth))
    fitted = fit_blend(judged, np.arange(cases), list(PARTS))
    assert fitted is not None
    assert fitted.best_part == "content" and fitted.best_part_score == pytest.approx(1)
    assert fitted.weights == {"content": 1.0}
    assert fitted.ships == "content"


def test_confidence_is_calibrated_on_listeners_not_fitted_on() -> None:
    """The figure that is stored with a model: better than the base rate, and not far off."""
    world = make_world(listeners=150, tracks=80, styles=5, plays_each=60, seed=3)
    trained = learn(world.tracks, world.plays, no_habits(80), None, say_nothing)
    figures = trained.metrics["confidence"]
    assert isinstance(figures, dict)
    assert figures["brier_skill"] > 0.05
    assert figures["auc"] > 0.65
    assert figures["calibration_error"] < 0.1


def test_calibration_error_of_a_perfect_and_of_a_boastful_forecast() -> None:
    rng = np.random.default_rng(0)
    said = rng.random(20_000)
    happened = rng.random(20_000) < said
    assert calibration_error(said, happened) < 0.02
    assert calibration_error(np.full(1000, 0.9), np.arange(1000) % 2 == 0) == pytest.approx(0.4)


@pytest.mark.parametrize("listeners", [1, 4])
def test_a_household_learns_from_its_sittings(listeners: int) -> None:
    """One to five listeners are the common case: factors, neighbors and a model come out."""
    world = make_world(listeners=listeners, tracks=60, styles=4, plays_each=400, days=40)
    trained = learn(world.tracks, world.plays, no_habits(60), None, say_nothing)
    assert trained.model.parts.fold_in is not None
    assert any("sittings" in note for note in trained.notes)


def test_content_neighbors_follow_sound_and_survive_nan() -> None:
    """A NaN in an embedding or feature must neither spread nor stop the training."""
    vectors = np.array([[1, 0], [0.9, 0.1], [-1, 0], [np.nan, 0.5]], np.float32)
    found, made_of = content_vectors(4, (np.arange(4), vectors), None, [[], [], [], []])
    assert np.isfinite(found).all()
    assert made_of == ["sound embeddings"]
    assert found[0] @ found[1] > found[0] @ found[2]


def test_keys_next_to_each_other_are_alike_across_the_octave() -> None:
    """B (11) is a neighbor of C (0), not its opposite."""
    features = np.array([[0.0], [11.0], [6.0]], np.float32)
    found, _ = content_vectors(3, None, (np.arange(3), features, ["key"]), [[], [], []])
    assert found[0] @ found[1] > found[0] @ found[2]


def test_a_habit_is_learned_where_there_is_one_and_not_from_chance() -> None:
    """Mornings belong to track 0: learned; plays spread by chance: not learned."""
    real = [(0, "morning", 400, 200), (1, "evening", 400, 200), (2, "night", 300, 150)]
    habits = learn_habits(PARTS_OF_DAY, real, 3)
    assert habits.learned
    assert habits.lift[PARTS_OF_DAY.index("morning")].argmax() == 0
    rng = np.random.default_rng(1)
    for _ in range(20):
        chance = [
            (item, word, int(rng.poisson(20)), int(rng.poisson(9)))
            for item in range(40)
            for word in PARTS_OF_DAY
        ]
        assert not learn_habits(PARTS_OF_DAY, chance, 40).learned
