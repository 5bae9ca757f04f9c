"""Tempo and key of the demo's pieces, whose truth is known, against the analysis."""

import numpy as np
import pytest

from app.audio.spectrum import analyze_spectrum, leveled, onset_strength
from app.audio.tempo import track_beats
from app.audio.tonality import find_key
from app.demo import SAMPLE_RATE, DemoPiece, plan_catalog, render_piece
from tests.audio.sounds import RATE

PIECES = plan_catalog()
LEVELS = np.array([0.5, 1.0, 2.0])  # the metrical levels at which a piece may be tapped


def judge(pieces: list[DemoPiece]) -> dict[str, float]:
    """Share of pieces right: tempo within 4 % exactly and at any metrical level, and key."""
    exact, any_level, key = [], [], []
    for piece in pieces:
        assert SAMPLE_RATE == RATE
        signal = leveled(render_piece(piece))
        tempo = track_beats(onset_strength(analyze_spectrum(signal)))
        ratio = (tempo.bpm or 0.0) / piece.tempo_bpm
        exact.append(abs(ratio - 1) < 0.04)
        any_level.append(bool((np.abs(ratio / LEVELS - 1) < 0.04).any()))
        found = find_key(signal)
        key.append((found.key, found.mode) == (piece.key, piece.mode))
    return {
        "tempo": float(np.mean(exact)),
        "tempo at any level": float(np.mean(any_level)),
        "key": float(np.mean(key)),
    }


def test_one_piece_of_each_style():
    """Every eighteenth piece: all genres."""
    shares = judge(PIECES[::18])
    assert shares["tempo at any level"] == 1.0, shares
    assert shares["tempo"] >= 0.7, shares
    assert shares["key"] >= 0.9, shares


@pytest.mark.slow
def test_every_piece():
    """The figures in docs/audio.md; run with -s to see them."""
    shares = judge(PIECES)
    print(shares)
    assert shares["tempo at any level"] >= 0.98, shares
    assert shares["tempo"] >= 0.8, shares
    assert shares["key"] >= 0.97, shares
