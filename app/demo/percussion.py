"""Drum sounds: layers of swept tones and filtered noise, one buffer a drum and kit, made once."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import butter, sosfilt

from app.demo.instruments import SAMPLE_RATE, Samples
from app.demo.randomness import generator

TOP_HZ = 10_500.0


@dataclass(frozen=True)
class Kit:
    """Pitches in Hz and decays (to 1/e) in seconds; edge_hz: where the hi-hat's band begins."""

    kick_hz: float
    kick_s: float
    snare_hz: float
    snare_s: float
    hat_s: float
    edge_hz: float


@dataclass(frozen=True)
class Tone:
    """A sine whose pitch falls from hz * (1 + sweep) to hz."""

    hz: float
    decay_s: float
    level: float
    sweep: float = 0.0
    fall_s: float = 0.01


@dataclass(frozen=True)
class Noise:
    """Band-passed noise that dies away, after `delay_s`."""

    low_hz: float
    high_hz: float
    decay_s: float
    level: float
    delay_s: float = 0.0


KITS: dict[str, Kit] = {
    "rock": Kit(58, 0.16, 190, 0.14, 0.045, 6500),
    "metal": Kit(70, 0.09, 210, 0.12, 0.05, 6000),
    "jazz": Kit(62, 0.12, 200, 0.10, 0.05, 7000),
    "909": Kit(52, 0.22, 185, 0.13, 0.035, 7500),
    "808": Kit(46, 0.45, 180, 0.12, 0.03, 8000),
    "lofi": Kit(56, 0.18, 170, 0.11, 0.03, 4500),
    "hand": Kit(75, 0.12, 230, 0.08, 0.03, 5000),
    "soft": Kit(55, 0.30, 160, 0.10, 0.04, 4000),
}


def layers_of(kit: Kit) -> dict[str, tuple[Tone | Noise, ...]]:
    """What each drum of a kit is made of."""
    return {
        "kick": (
            Tone(kit.kick_hz, kit.kick_s, 1.0, 3.0, 0.018),
            Noise(1500, 6000, 0.004, 0.24),
        ),
        "soft": (Tone(kit.kick_hz, kit.kick_s, 0.9, 1.0, 0.02),),
        "snare": (
            Tone(kit.snare_hz, 0.06, 0.4, 0.5),
            Noise(900, 8500, kit.snare_s / 2, 0.64),
        ),
        "clap": (
            Noise(800, 5500, 0.004, 0.5),
            Noise(800, 5500, 0.004, 0.5, 0.011),
            Noise(800, 5500, 0.06, 0.56, 0.022),
        ),
        "hat": (Noise(kit.edge_hz, TOP_HZ, kit.hat_s, 0.32),),
        "open": (Noise(kit.edge_hz, TOP_HZ, 0.14, 0.32),),
        "foot": (Noise(kit.edge_hz * 0.6, TOP_HZ, 0.03, 0.28),),
        "ride": (Tone(3150, 0.12, 0.12), Noise(5000, TOP_HZ, 0.16, 0.24)),
        "crash": (Noise(3000, TOP_HZ, 0.45, 0.4),),
        "brush": (Noise(1500, 9000, 0.05, 0.24),),
        "shaker": (Noise(4500, TOP_HZ, 0.03, 0.24),),
        "rim": (Tone(820, 0.015, 0.4, 0.2, 0.004), Noise(1500, 5000, 0.01, 0.24)),
        "tom_high": (Tone(170, 0.13, 0.7, 0.6, 0.03),),
        "tom_low": (Tone(105, 0.17, 0.8, 0.6, 0.03),),
    }


def _seconds(duration_s: float) -> Samples:
    return np.arange(int(duration_s * SAMPLE_RATE), dtype=np.float32) / np.float32(SAMPLE_RATE)


def render_tone(tone: Tone) -> Samples:
    """Samples of a swept sine."""
    t = _seconds(5 * tone.decay_s)
    turns = tone.hz * (t + tone.sweep * tone.fall_s * (1 - np.exp(-t / tone.fall_s)))
    wave = np.sin(2 * np.pi * turns) * np.exp(-t / tone.decay_s) * tone.level
    return np.asarray(wave, dtype=np.float32)


def render_noise(noise: Noise, rng: np.random.Generator) -> Samples:
    """Samples of a noise burst, its peak at the layer's level."""
    t = _seconds(6 * noise.decay_s)
    white = rng.standard_normal(len(t))
    edges = (noise.low_hz, noise.high_hz)
    band = sosfilt(butter(2, edges, "bandpass", fs=SAMPLE_RATE, output="sos"), white)
    shaped = band * np.exp(-t / noise.decay_s)
    silence = np.zeros(int(noise.delay_s * SAMPLE_RATE))
    burst = np.concatenate([silence, shaped * noise.level / np.max(np.abs(shaped))])
    return np.asarray(burst, dtype=np.float32)


@lru_cache(maxsize=256)
def render_drum(kit: str, drum: str) -> Samples:
    """One stroke at velocity 1: float32 samples at SAMPLE_RATE. Kits are the keys of KITS."""
    rng = generator("drum", kit, drum)
    parts = [
        render_tone(layer) if isinstance(layer, Tone) else render_noise(layer, rng)
        for layer in layers_of(KITS[kit])[drum]
    ]
    out = np.zeros(max(map(len, parts)), np.float32)
    for part in parts:
        out[: len(part)] += part
    return out
