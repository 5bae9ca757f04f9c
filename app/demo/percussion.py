"""Drum sounds, one buffer a drum and kit, made once."""

from functools import lru_cache

import numpy as np
from scipy.signal import butter, sosfilt

from app.demo.instruments import SAMPLE_RATE, Samples
from app.demo.randomness import generator

# kit: kick Hz, kick decay s, snare Hz, snare decay s, hat decay s, brightness (Hz of the hat's edge)
KITS: dict[str, tuple[float, float, float, float, float, float]] = {
    "rock": (58, 0.16, 190, 0.14, 0.045, 6500),
    "metal": (70, 0.09, 210, 0.12, 0.05, 6000),
    "jazz": (62, 0.12, 200, 0.10, 0.05, 7000),
    "909": (52, 0.22, 185, 0.13, 0.035, 7500),
    "808": (46, 0.45, 180, 0.12, 0.03, 8000),
    "lofi": (56, 0.18, 170, 0.11, 0.03, 4500),
    "hand": (75, 0.12, 230, 0.08, 0.03, 5000),
    "soft": (55, 0.30, 160, 0.10, 0.04, 4000),
}


def _time(seconds: float) -> Samples:
    return np.arange(int(seconds * SAMPLE_RATE), dtype=np.float32) / np.float32(SAMPLE_RATE)


def _swept(hz: float, sweep: float, fall_s: float, decay_s: float) -> Samples:
    """A sine whose pitch falls from hz * (1 + sweep) to hz."""
    t = _time(5 * decay_s)
    turns = hz * (t + sweep * fall_s * (1 - np.exp(-t / fall_s)))
    return (np.sin(2 * np.pi * turns) * np.exp(-t / decay_s)).astype(np.float32)


def _noise(name: str, edges: tuple[float, float], decay_s: float) -> Samples:
    """Band-passed noise that dies away; at most about .8."""
    t = _time(6 * decay_s)
    white = generator("drum", name).standard_normal(len(t))
    high = min(edges[1], 0.48 * SAMPLE_RATE)
    band = sosfilt(butter(2, (edges[0], high), "bandpass", fs=SAMPLE_RATE, output="sos"), white)
    shaped = band * np.exp(-t / decay_s)
    return np.asarray(0.8 * shaped / np.max(np.abs(shaped)), dtype=np.float32)


def _sum(*parts: Samples) -> Samples:
    out = np.zeros(max(map(len, parts)), np.float32)
    for part in parts:
        out[: len(part)] += part
    return out


@lru_cache(maxsize=256)
def render_drum(kit: str, drum: str) -> Samples:
    """One stroke at velocity 1: float32 samples at SAMPLE_RATE. Kits are the keys of KITS."""
    kick_hz, kick_s, snare_hz, snare_s, hat_s, edge = KITS[kit]
    name = f"{kit}-{drum}"
    top = 10_500.0
    match drum:
        case "kick":
            click = _noise(name, (1500, 6000), 0.004) * np.float32(0.3)
            return _sum(_swept(kick_hz, 3.0, 0.018, kick_s), click)
        case "soft":
            return _swept(kick_hz, 1.0, 0.02, kick_s) * np.float32(0.9)
        case "snare":
            body = _swept(snare_hz, 0.5, 0.01, 0.06) * np.float32(0.5)
            return _sum(body, _noise(name, (900, 8500), snare_s / 2)) * np.float32(0.8)
        case "clap":
            burst = _noise(name, (800, 5500), 0.06)
            early = np.zeros(len(burst) + 500, np.float32)
            early[:220] += burst[:220]
            early[250:470] += burst[:220]
            early[500:] += burst
            return early * np.float32(0.7)
        case "hat":
            return _noise(name, (edge, top), hat_s) * np.float32(0.4)
        case "open":
            return _noise(name, (edge, top), 0.14) * np.float32(0.4)
        case "foot":
            return _noise(name, (edge * 0.6, top), 0.03) * np.float32(0.35)
        case "ride":
            ping = _swept(3150, 0.0, 0.01, 0.12) * np.float32(0.12)
            return _sum(ping, _noise(name, (5000, top), 0.16) * np.float32(0.3))
        case "crash":
            return _noise(name, (3000, top), 0.45) * np.float32(0.5)
        case "brush":
            return _noise(name, (1500, 9000), 0.05) * np.float32(0.3)
        case "shaker":
            return _noise(name, (4500, top), 0.03) * np.float32(0.3)
        case "rim":
            knock = _swept(820, 0.2, 0.004, 0.015) * np.float32(0.4)
            return _sum(knock, _noise(name, (1500, 5000), 0.01) * np.float32(0.3))
        case "tom_high":
            return _swept(170, 0.6, 0.03, 0.13) * np.float32(0.7)
        case _:
            return _swept(105, 0.6, 0.03, 0.17) * np.float32(0.8)
