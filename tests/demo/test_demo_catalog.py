"""The plan of the demo: what a first start promises, checked without rendering anything."""

from collections import Counter

import pytest

from app.demo import DemoPiece, plan_catalog


@pytest.fixture(scope="module")
def pieces() -> list[DemoPiece]:
    return plan_catalog()


def test_at_least_200_pieces_and_45_minutes_in_each_of_eight_genres(
    pieces: list[DemoPiece],
) -> None:
    """Protects the demo's size: search, playlists, and training all count on it."""
    minutes: Counter[str] = Counter()
    for piece in pieces:
        minutes[piece.genre] += piece.duration_s / 60
    assert len(pieces) >= 200
    assert len(minutes) >= 8
    assert {"Rock", "Electronic"} <= set(minutes)
    assert min(minutes.values()) >= 45


def test_the_same_seed_gives_the_same_plan_and_another_seed_another(
    pieces: list[DemoPiece],
) -> None:
    """Protects reproducibility: a second start must find the files of the first."""
    assert plan_catalog() == pieces
    other = plan_catalog(seed=8)
    assert [p.id for p in other] == [p.id for p in pieces]
    assert [p.tempo_bpm for p in other] != [p.tempo_bpm for p in pieces]


def test_names_files_and_places_on_albums_are_unique(pieces: list[DemoPiece]) -> None:
    """Protects imports: two pieces of one name would be matched to each other."""
    assert len({p.id for p in pieces}) == len(pieces)
    assert len({p.file_name for p in pieces}) == len(pieces)
    assert len({(p.artist, p.title) for p in pieces}) == len(pieces)
    assert len({(p.artist, p.album, p.track_number) for p in pieces}) == len(pieces)


def test_artists_have_several_albums_and_stay_in_their_sub_genre(pieces: list[DemoPiece]) -> None:
    """Protects what makes artists recognizable: own instruments, several albums."""
    artists = {p.artist for p in pieces}
    assert len(artists) == 48
    for artist in artists:
        own = [p for p in pieces if p.artist == artist]
        assert len({p.album for p in own}) >= 2
        assert len({p.style for p in own}) == 1
        assert len({p.key for p in own}) <= 4


def test_sections_follow_each_other_in_whole_bars(pieces: list[DemoPiece]) -> None:
    """Protects the truth about structure: no gap, no overlap, bars as long as the tempo says."""
    for piece in pieces:
        bar_s = piece.time_signature * 60 / piece.tempo_bpm
        end = 0.0
        for section in piece.sections:
            assert section.start_s == pytest.approx(end, abs=1e-3)
            end = section.end_s
            assert end - section.start_s == pytest.approx(section.bars * bar_s, abs=1e-3)
        assert end < piece.duration_s < end + 5


def test_genres_differ_in_tempo_and_energy(pieces: list[DemoPiece]) -> None:
    """Protects the demo's use: genres that were alike would make every mood the same."""

    def mean(genre: str, attribute: str) -> float:
        values = [getattr(p, attribute) for p in pieces if p.genre == genre]
        return float(sum(values) / len(values))

    assert mean("Metal", "energy") > mean("Rock", "energy") > mean("Jazz", "energy")
    assert mean("Jazz", "energy") > mean("Ambient", "energy")
    assert mean("Ambient", "tempo_bpm") < 90
    assert mean("Rock", "tempo_bpm") > 105
    assert all(0 <= p.energy <= 1 and 0 <= p.valence <= 1 for p in pieces)
    assert {p.mode for p in pieces} == {0, 1}
    assert {p.key for p in pieces} == set(range(12))
