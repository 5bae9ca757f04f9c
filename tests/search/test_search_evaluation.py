"""The yardsticks themselves: known answers, and a small run of the real evaluation."""

import random
from pathlib import Path

import pytest
from rapidfuzz.distance import DamerauLevenshtein

from app.search.evaluation import known_item_figures, misspell, ndcg_at_10


@pytest.mark.parametrize(
    ("ranked", "gains", "expected"),
    [
        ([1, 2], {1: 1.0}, 1.0),
        ([2, 1], {1: 1.0}, 0.6309),  # 1 / log2(3)
        ([3, 1, 2], {1: 1.0, 2: 1.0}, 0.6934),  # (.6309 + .5) / (1 + .6309)
        ([*range(2, 12), 1], {1: 1.0}, 0.0),
        ([], {1: 1.0}, 0.0),
    ],
)
def test_ndcg_by_hand(ranked, gains, expected):
    assert ndcg_at_10(ranked, gains) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("edits", [0, 1, 2])
def test_misspelling_makes_at_most_so_many_edits(edits):
    chooser = random.Random(5)
    distances = [
        DamerauLevenshtein.distance("yesterday", misspell("yesterday", edits, chooser))
        for _ in range(200)
    ]
    assert max(distances) == edits


@pytest.mark.slow
def test_titles_are_found_although_misspelt(shared_data: Path):
    """A change of the index or the ranking must not lose what docs/search.md promises."""
    songs = shared_data / "spotify_songs" / "spotify_songs.csv.gz"
    figures = known_item_figures(songs, sample=300)
    assert figures["MRR@10 with 0 edits"] == 1
    assert figures["MRR@10 with 1 edits"] > 0.97
    assert figures["MRR@10 with 2 edits"] > 0.92
