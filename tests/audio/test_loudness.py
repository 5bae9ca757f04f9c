"""Loudness by EBU R128: the specification's own signals, and what must hold for any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audio.decoding import decode
from app.audio.loudness import measure_loudness
from tests.audio.sounds import noise, sine

EBU = [
    ("seq-3341-1-16bit.flac", -23.0, None),
    ("seq-3341-2-16bit.flac", -33.0, None),
    ("seq-3341-3-16bit-v02.flac", -23.0, None),
    ("seq-3342-1-16bit.flac", None, 10.0),
    ("seq-3342-2-16bit.flac", None, 5.0),
]


@pytest.mark.parametrize(("name", "integrated", "loudness_range"), EBU)
def test_ebu_sequences(shared_data, name, integrated, loudness_range):
    """EBU Tech 3341 and 3342 allow .1 LU and 1 LU."""
    sound = decode(shared_data / "audio" / "essentia" / name)
    found = measure_loudness(sound.samples, sound.sample_rate)
    if integrated is not None:
        assert found.integrated == pytest.approx(integrated, abs=0.1)
    if loudness_range is not None:
        assert found.loudness_range == pytest.approx(loudness_range, abs=0.1)


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000, 96_000])
def test_a_sine_at_minus_23(rate):
    """The definition: a stereo 1 kHz sine at -23 dBFS peak reads -23 LUFS, at any sample rate."""
    tone = sine(1000, 5.0, rate, amplitude=10 ** (-23 / 20))
    found = measure_loudness(np.stack([tone, tone], axis=1), rate)
    assert found.integrated == pytest.approx(-23.0, abs=0.1)


def test_one_channel_is_three_lu_below_two():
    """BS.1770 adds the channels' powers; a mono file is not counted twice."""
    tone = sine(1000, 5.0)[:, None]
    one = measure_loudness(tone, 22_050).integrated
    two = measure_loudness(np.repeat(tone, 2, axis=1), 22_050).integrated
    assert two - one == pytest.approx(3.01, abs=0.01)


def test_the_lfe_channel_does_not_count():
    """Of 5.1 the fourth channel is left out."""
    surround = np.zeros((22_050 * 2, 6), np.float32)
    surround[:, 3] = sine(60, 2.0)
    assert measure_loudness(surround, 22_050).integrated is None


@pytest.mark.parametrize("seconds", [0.0, 0.3, 5.0])
def test_silence_has_no_loudness(seconds):
    """Not -inf and not -70: null."""
    found = measure_loudness(np.zeros((int(22_050 * seconds), 2), np.float32), 22_050)
    assert (found.integrated, found.loudness_range) == (None, None)


@settings(max_examples=20, deadline=None)
@given(gain=st.floats(-30, 10), seed=st.integers(0, 1000))
def test_gain_shifts_loudness_by_as_much(gain, seed):
    """Gating is relative, so level alone changes nothing else."""
    sound = noise(4.0, seed)[:, None]
    before = measure_loudness(sound, 22_050)
    after = measure_loudness(sound * np.float32(10 ** (gain / 20)), 22_050)
    assert after.integrated - before.integrated == pytest.approx(gain, abs=0.02)
    assert after.loudness_range == pytest.approx(before.loudness_range, abs=0.02)
