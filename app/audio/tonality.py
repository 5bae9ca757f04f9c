"""Key and scale.

essentia's KeyExtractor (harmonic pitch class profile, correlated with the 24 profiles of major and
minor keys; Faraldo et al., ECIR 2016) always names a key, for noise too. It is believed only when
the sound is tonal: its spectrum is not flat, at least three pitch classes sound, and the
correlation is high enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from app.audio.spectrum import SAMPLE_RATE

_FRAME = 4_096
_PROFILE = "bgate"  # essentia's default, and the best of six on the demo (docs/audio.md)
_MIN_STRENGTH = 0.55
_MAX_FLATNESS = 0.25
_MIN_PITCH_CLASSES = 3
_LOW_HZ, _HIGH_HZ = 100.0, 5_000.0
_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True)
class Key:
    """key: 0..11 from C, or -1 when none was found. mode: 1 major, 0 minor, None without a key.

    confidence: 0..1, the correlation with the key's profile; 0 without a key.
    """

    key: int
    mode: int | None
    confidence: float

    @property
    def name(self) -> str | None:
        """For example `F# minor`; None without a key."""
        if self.mode is None:
            return None
        return f"{_NAMES[self.key]} {'major' if self.mode else 'minor'}"


NO_KEY = Key(-1, None, 0.0)


def find_key(signal: NDArray[np.float32]) -> Key:
    """Key of `signal`: float32 (samples,), mono at 22,050 Hz, leveled."""
    if len(signal) < _FRAME or not _is_tonal(signal):
        return NO_KEY
    import essentia.standard as essentia  # noqa: PLC0415  # slow to import

    extractor = essentia.KeyExtractor(
        profileType=_PROFILE, sampleRate=SAMPLE_RATE, frameSize=_FRAME, hopSize=_FRAME
    )
    name, scale, strength = extractor(signal)
    if strength < _MIN_STRENGTH:
        return NO_KEY
    return Key(_NAMES.index(name), int(scale == "major"), min(1.0, float(strength)))


def _is_tonal(signal: NDArray[np.float32]) -> bool:
    frames = signal[: len(signal) // _FRAME * _FRAME].reshape(-1, _FRAME)
    spectrum = np.abs(rfft(frames * np.hanning(_FRAME).astype(np.float32), axis=1))
    hertz = np.linspace(0, SAMPLE_RATE / 2, _FRAME // 2 + 1)
    band = (hertz >= _LOW_HZ) & (hertz <= _HIGH_HZ)
    power = np.square(spectrum[:, band])
    power = power[power.sum(axis=1) > 1e-6 * power.sum(axis=1).max(initial=0.0)]
    if not len(power):
        return False
    flatness = np.exp(np.log(power + 1e-12).mean(axis=1)) / (power.mean(axis=1) + 1e-12)
    if np.median(flatness) > _MAX_FLATNESS:
        return False
    classes = np.round(12 * np.log2(hertz[band] / 440.0)).astype(int) % 12
    strength = np.bincount(classes, weights=power.mean(axis=0), minlength=12)
    return int((strength > 0.02 * strength.max()).sum()) >= _MIN_PITCH_CLASSES
