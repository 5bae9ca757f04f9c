"""Sounds whose loudness, tempo and key are known, and files of them."""

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Samples = NDArray[np.float32]
RATE = 22_050


def sine(hertz: float, seconds: float, rate: int = RATE, amplitude: float = 0.2) -> Samples:
    time = np.arange(int(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def noise(seconds: float, seed: int = 0, rate: int = RATE) -> Samples:
    generator = np.random.default_rng(seed)
    return (0.1 * generator.standard_normal(int(seconds * rate))).astype(np.float32)


def clicks(bpm: float, seconds: float) -> Samples:
    """A decaying 1 kHz tone on every beat."""
    click = sine(1000, 0.02, amplitude=0.8) * np.exp(-np.arange(int(0.02 * RATE)) / 80)
    signal = np.zeros(int(seconds * RATE) + len(click), np.float32)
    for beat in range(int(seconds * bpm / 60)):
        start = round(beat * 60 / bpm * RATE)
        signal[start : start + len(click)] += click
    return signal[: int(seconds * RATE)]


def cadence(tonic: int, major: bool, seconds: float = 12.0) -> Samples:
    """I IV V I in the key of `tonic` (0 = C), over and over, with seven harmonics a note."""
    third = 4 if major else 3
    chords = [
        (0, third, 7),
        (5, 5 + third, 12),
        (7, 11, 14),  # the dominant is major in minor keys too
        (0, third, 7),
    ]
    parts = []
    for number in range(int(seconds)):
        chord = np.zeros(RATE, np.float32)
        for step in chords[number % 4]:
            hertz = 261.6256 * 2 ** ((tonic + step) / 12)
            for harmonic in range(1, 8):
                chord += sine(hertz * harmonic, 1.0, amplitude=0.1 / harmonic)
        parts.append(chord * np.exp(-np.arange(RATE) / RATE).astype(np.float32))
    return np.concatenate(parts)


def write(path: Path, samples: Samples, rate: int = RATE, subtype: str | None = None) -> Path:
    """Write mono (n,) or multi-channel (n, channels) samples in the format of the name's ending."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    formats = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".opus": "OGG", ".mp3": "MP3"}
    subtype = "OPUS" if path.suffix == ".opus" else subtype
    with soundfile.SoundFile(
        path, "w", rate, channels, subtype, format=formats[path.suffix]
    ) as file:
        for start in range(0, len(samples), 65_536):  # libsndfile's Vorbis overflows on more
            file.write(samples[start : start + 65_536])
    return path
