"""Tempo and beats.

Beats are tracked by Degara et al., "Reliability-informed beat tracking of musical signals" (IEEE
TASLP 2012), as essentia's TempoTapDegara implements it, on the rise of the log mel spectrum. The
tempo is the slope of a line through the beats, which is finer than the grid of frames they lie on.

The tracker always finds beats, in noise too. Whether there is a pulse is judged by the
autocorrelation of the onset strength at the beat's period and its multiples: 0 for noise, speech
and free rhythm, about .2 to .5 for played music, above .5 for steady drums. That value is the
confidence, and below a threshold no tempo is given. Which metrical level a listener would tap
(70 or 140) stays uncertain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft
from scipy.ndimage import uniform_filter1d

from app.audio.spectrum import FRAME_RATE

_MIN_SECONDS = 3.0
_MIN_BEATS = 4
_MIN_FLUX = 1.0  # mean onset strength; a steady tone has about 0.01, soft pads about 2
_THRESHOLD = 0.1
_PERIODS = (1, 2, 4)
_EMPTY_BEATS = 0.25  # onsets on every other beat below this share of the rest: beats are halved


@dataclass(frozen=True)
class Tempo:
    """bpm: beats a minute, or None when no pulse was found. confidence: 0..1, how clear the pulse
    is. beats: times in seconds from the start of the signal, float64, empty without a pulse.
    """

    bpm: float | None
    confidence: float
    beats: NDArray[np.float64]


NO_TEMPO = Tempo(None, 0.0, np.zeros(0))


def track_beats(onsets: NDArray[np.float32]) -> Tempo:
    """Tempo of an onset strength curve, float32 (frames,), at FRAME_RATE Hz."""
    if len(onsets) < _MIN_SECONDS * FRAME_RATE or onsets.mean() < _MIN_FLUX:
        return NO_TEMPO
    import essentia.standard as essentia  # noqa: PLC0415  # slow to import

    tap = essentia.TempoTapDegara(sampleRateODF=FRAME_RATE, resample="x2")
    beats = np.asarray(tap(onsets), dtype=np.float64)
    if len(beats) < _MIN_BEATS:
        return NO_TEMPO
    beats = _without_empty_beats(beats, onsets)
    period = _period(beats)
    clarity = pulse_clarity(onsets, period * FRAME_RATE)
    # Chance alone gives short signals an autocorrelation of about 1 / sqrt(frames).
    if clarity < _THRESHOLD + len(onsets) ** -0.5:
        return Tempo(None, max(0.0, clarity), np.zeros(0))
    return Tempo(60.0 / period, min(1.0, clarity), beats)


def pulse_clarity(onsets: NDArray[np.float32], period: float) -> float:
    """Mean autocorrelation of `onsets` at 1, 2 and 4 times `period` (in frames), at most 1."""
    signal = np.maximum(onsets - uniform_filter1d(onsets, round(FRAME_RATE)), 0)
    signal = signal - signal.mean()
    size = next_fast_len(2 * len(signal))
    correlation = irfft(np.abs(rfft(signal, size)) ** 2, size)[: len(signal)]
    correlation /= np.arange(len(signal), 0, -1) / len(signal)  # fewer products at longer lags
    if correlation[0] <= 0:
        return 0.0
    lags = [round(period * multiple) for multiple in _PERIODS]
    peaks = [correlation[lag - 1 : lag + 2].max() for lag in lags if 1 <= lag < len(signal) - 2]
    return float(np.mean(peaks) / correlation[0]) if peaks else 0.0


def _without_empty_beats(
    beats: NDArray[np.float64], onsets: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Every other beat only, where nothing ever sounds on those between (slow clicks, ballads)."""
    frames = np.minimum(np.round(beats * FRAME_RATE).astype(int), len(onsets) - 1)
    strength = np.array([onsets[max(0, frame - 2) : frame + 3].max() for frame in frames])
    even, odd = float(strength[::2].mean()), float(strength[1::2].mean())
    if len(beats) < 2 * _MIN_BEATS or min(even, odd) > _EMPTY_BEATS * max(even, odd):
        return beats
    return beats[::2] if even > odd else beats[1::2]


def _period(beats: NDArray[np.float64]) -> float:
    """Seconds a beat, by least squares; a beat that was left out counts as a gap of two."""
    steps = np.diff(beats)
    counts = np.concatenate([[0.0], np.cumsum(np.maximum(1, np.round(steps / np.median(steps))))])
    return float(np.polyfit(counts, beats, 1)[0])
