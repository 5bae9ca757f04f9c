"""The short-time spectrum that tempo and the spectral summary share, and that summary.

Everything here works at 22,050 Hz, mono, on signals brought to one level, so that how loud a file
was mastered changes none of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, rfft

SAMPLE_RATE = 22_050
FRAME = 1_024
HOP = 512
FRAME_RATE = SAMPLE_RATE / HOP
SILENCE_RMS = 10 ** (-80 / 20)
_LEVEL_RMS = 0.1
_MEL_BANDS = 40
_MFCCS = 13
_CHUNK_FRAMES = 2_048


@dataclass(frozen=True)
class Spectrum:
    """power: float32 (frames, bands), power in 40 mel bands from 30 Hz to 10 kHz.

    centroid, rolloff (Hz), flatness (0..1): float32 (frames,), of the magnitude spectrum.
    audible: bool (frames,), where the frame is within 60 dB of the loudest.
    """

    power: NDArray[np.float32]
    centroid: NDArray[np.float32]
    rolloff: NDArray[np.float32]
    flatness: NDArray[np.float32]
    audible: NDArray[np.bool_]


@dataclass(frozen=True)
class SpectralSummary:
    """Means over the audible frames, and over time for the flux.

    centroid_hz: where the spectrum's mean lies: brightness. rolloff_hz: 85 % of the magnitude lies
    below. flatness: 0 for a tone, 1 for white noise. flux: mean rise of the log mel spectrum from
    frame to frame, per band: how much happens. mfcc: 13 mel cepstral coefficients: timbre.
    """

    centroid_hz: float
    rolloff_hz: float
    flatness: float
    flux: float
    mfcc: tuple[float, ...]


def leveled(mono: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """`mono` scaled to an RMS of 0.1; None when it is silent (RMS below -80 dBFS)."""
    rms = float(np.sqrt(np.mean(np.square(mono, dtype=np.float64)))) if len(mono) else 0.0
    if rms < SILENCE_RMS:
        return None
    scaled: NDArray[np.float32] = (mono * np.float32(_LEVEL_RMS / rms)).astype(np.float32)
    return scaled


def analyze_spectrum(signal: NDArray[np.float32]) -> Spectrum:
    """Spectrum of `signal`: float32 (samples,), at 22,050 Hz, leveled."""
    padded = np.pad(signal, FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    window = np.hanning(FRAME).astype(np.float32)
    filters = _mel_filters()
    hertz = np.linspace(0, SAMPLE_RATE / 2, FRAME // 2 + 1, dtype=np.float32)
    parts: list[tuple[NDArray[np.float32], ...]] = []
    for start in range(0, len(frames), _CHUNK_FRAMES):  # bounds memory for long files
        magnitude = np.abs(rfft(frames[start : start + _CHUNK_FRAMES] * window, axis=1))
        total = magnitude.sum(axis=1) + 1e-9
        below = np.cumsum(magnitude, axis=1)
        power = np.square(magnitude)
        parts.append(
            (
                power @ filters.T,
                magnitude @ hertz / total,
                hertz[np.minimum((below < 0.85 * total[:, None]).sum(axis=1), FRAME // 2)],
                np.exp(np.log(power + 1e-10).mean(axis=1)) / (power.mean(axis=1) + 1e-10),
            )
        )
    power, centroid, rolloff, flatness = (
        np.concatenate(column).astype(np.float32) for column in zip(*parts, strict=True)
    )
    energy = power.sum(axis=1)
    return Spectrum(power, centroid, rolloff, flatness, energy > 1e-6 * energy.max())


def onset_strength(spectrum: Spectrum) -> NDArray[np.float32]:
    """Summed rise of the log-compressed mel spectrum, float32 (frames,), at FRAME_RATE Hz."""
    compressed = np.log10(1 + 100 * np.sqrt(spectrum.power))
    rise = np.maximum(np.diff(compressed, axis=0), 0).sum(axis=1)
    strength: NDArray[np.float32] = np.concatenate([np.zeros(1), rise]).astype(np.float32)
    return strength


def summarize(spectrum: Spectrum) -> SpectralSummary:
    """The means that describe a recording's timbre."""
    audible = spectrum.audible
    log_power = np.log(spectrum.power[audible] + 1e-10)
    mfcc = dct(log_power, type=2, norm="ortho", axis=1)[:, :_MFCCS].mean(axis=0)
    return SpectralSummary(
        centroid_hz=float(spectrum.centroid[audible].mean()),
        rolloff_hz=float(spectrum.rolloff[audible].mean()),
        flatness=float(spectrum.flatness[audible].mean()),
        flux=float(onset_strength(spectrum).mean()) / _MEL_BANDS,
        mfcc=tuple(float(value) for value in mfcc),
    )


def _mel_filters() -> NDArray[np.float32]:
    """Triangular filters on the HTK mel scale, shape (40, 513)."""
    low, high = (2595 * np.log10(1 + hertz / 700) for hertz in (30.0, 10_000.0))
    points = 700 * (10 ** (np.linspace(low, high, _MEL_BANDS + 2) / 2595) - 1)
    bins = np.linspace(0, SAMPLE_RATE / 2, FRAME // 2 + 1)
    rising = (bins - points[:-2, None]) / np.diff(points)[:-1, None]
    falling = (points[2:, None] - bins) / np.diff(points)[1:, None]
    filters: NDArray[np.float32] = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    return filters
