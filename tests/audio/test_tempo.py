"""Tempo is right where there is a pulse, and absent where there is none."""

import numpy as np
import pytest

from app.audio.decoding import decode
from app.audio.spectrum import analyze_spectrum, leveled, onset_strength
from app.audio.tempo import Tempo, track_beats
from tests.audio.sounds import RATE, clicks, noise, sine


def tempo_of(samples) -> Tempo:
    return track_beats(onset_strength(analyze_spectrum(leveled(samples))))


@pytest.mark.parametrize("bpm", [60, 75, 90, 100.5, 120, 128, 140, 174])
def test_clicks(bpm):
    """Within half a percent, with every beat where its click is."""
    found = tempo_of(clicks(bpm, 30.0))
    assert found.bpm == pytest.approx(bpm, rel=0.005)
    assert found.confidence > 0.5
    clicked = np.arange(0, 30, 60 / bpm)
    nearest = np.abs(found.beats[:, None] - clicked[None, :]).min(axis=1)
    assert np.median(nearest) < 0.05


def test_loudness_does_not_change_the_tempo():
    """A quiet master is analyzed like a loud one."""
    loud = clicks(96, 20.0)
    assert tempo_of(loud * np.float32(0.01)).bpm == pytest.approx(tempo_of(loud).bpm, abs=0.01)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("seconds", [5.0, 30.0])
def test_noise_has_no_tempo(seed, seconds):
    """The tracker finds beats in noise; they are not believed."""
    found = tempo_of(noise(seconds, seed))
    assert found.bpm is None
    assert len(found.beats) == 0
    assert found.confidence < 0.2


def test_a_steady_tone_and_a_moment_have_no_tempo():
    """No onsets, or too short to repeat."""
    assert tempo_of(sine(440, 20.0)).bpm is None
    assert tempo_of(clicks(120, 1.5)).bpm is None
    assert leveled(np.zeros(RATE, np.float32)) is None


def test_irregular_clicks_are_not_called_steady():
    """Onsets at random times have low confidence, if any tempo at all."""
    generator = np.random.default_rng(5)
    signal = np.zeros(RATE * 30, np.float32)
    for start in generator.integers(0, RATE * 29, 60):
        signal[start : start + 440] += sine(1000, 440 / RATE)
    assert tempo_of(signal).confidence < 0.3


@pytest.mark.parametrize(
    ("clip", "expected"),
    [
        ("198-209-0000.hq.ogg", None),  # read speech
        ("glacier-bay-humpback.hq.ogg", None),  # a whale
        ("Kevin_MacLeod_-_Vibe_Ace.hq.ogg", 130.0),
    ],
)
def test_real_clips(shared_data, clip, expected):
    """Speech and animals have no pulse; a produced track has."""
    import soxr

    sound = decode(shared_data / "audio" / "librosa" / clip)
    found = tempo_of(soxr.resample(sound.mono(), sound.sample_rate, RATE))
    assert found.bpm == (None if expected is None else pytest.approx(expected, rel=0.02))
