"""Rendered pieces: heard by an analyzer, they must have the tempo and key that the plan states."""

import dataclasses

import numpy as np
import pytest
from essentia import standard
from scipy.signal import resample_poly

from app.demo import SAMPLE_RATE, DemoPiece, plan_catalog, render_piece

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def shortened(piece: DemoPiece, seconds: float = 45.0) -> DemoPiece:
    """The piece without the sections that end after `seconds`."""
    kept = tuple(s for s in piece.sections if s.end_s <= seconds) or piece.sections[:1]
    return dataclasses.replace(piece, sections=kept, duration_s=kept[-1].end_s + 2.5)


@pytest.fixture(scope="module")
def one_of_each_genre() -> list[DemoPiece]:
    """The second piece of the second artist of each genre."""
    return [shortened(piece) for piece in plan_catalog()[6::27]]


def test_essentia_hears_the_planned_tempo_and_key(one_of_each_genre: list[DemoPiece]) -> None:
    """Protects the truth of the demo: tempo within 4 % (an octave allowed), key and mode exact."""
    for piece in one_of_each_genre:
        audio = resample_poly(render_piece(piece), 44_100 // SAMPLE_RATE, 1).astype(np.float32)
        bpm = standard.RhythmExtractor2013(method="degara")(audio)[0]
        octaves = [abs(bpm / factor / piece.tempo_bpm - 1) for factor in (0.5, 1, 2)]
        assert min(octaves) < 0.04, f"{piece.id} {piece.subgenre}: {bpm} for {piece.tempo_bpm}"
        key, scale, _ = standard.KeyExtractor()(audio)
        expected = (TONICS[piece.key], "major" if piece.mode else "minor")
        assert (key, scale) == expected, f"{piece.id} {piece.subgenre}"


def test_rendering_is_deterministic_and_clean(one_of_each_genre: list[DemoPiece]) -> None:
    """Protects files made twice from differing, and players from clipped or broken samples."""
    for piece in one_of_each_genre:
        audio = render_piece(piece)
        assert audio.dtype == np.float32
        assert audio.shape == (round(piece.duration_s * SAMPLE_RATE),)
        assert np.isfinite(audio).all()
        assert 0.1 < np.abs(audio).max() < 1
        assert abs(float(audio.mean())) < 0.01
    np.testing.assert_array_equal(
        render_piece(one_of_each_genre[0]), render_piece(one_of_each_genre[0])
    )


def test_intense_sections_are_louder(one_of_each_genre: list[DemoPiece]) -> None:
    """Protects the arrangement: it grows and thins as the plan's intensities say."""
    for piece in plan_catalog()[6::54]:
        audio = render_piece(piece)
        levels = [
            float(
                np.sqrt(
                    np.mean(audio[int(s.start_s * SAMPLE_RATE) : int(s.end_s * SAMPLE_RATE)] ** 2)
                )
            )
            for s in piece.sections
        ]
        quiet, loud = (
            chosen(range(len(levels)), key=lambda i: piece.sections[i].intensity)
            for chosen in (min, max)
        )
        assert levels[loud] > levels[quiet]


def test_genres_differ_in_loudness_and_brightness() -> None:
    """Protects differences that content-based recommendation needs."""
    pieces = {p.genre: shortened(p) for p in plan_catalog()}
    loudness, centroid = {}, {}
    for genre, piece in pieces.items():
        audio = render_piece(piece)
        power = np.abs(np.fft.rfft(audio)) ** 2
        hertz = np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE)
        loudness[genre] = float(10 * np.log10(np.mean(audio**2)))
        centroid[genre] = float((np.sqrt(power) * hertz).sum() / np.sqrt(power).sum())
    assert loudness["Metal"] > loudness["Folk"] + 4 > loudness["Ambient"] + 4
    assert centroid["Metal"] > 1.2 * centroid["Ambient"]
