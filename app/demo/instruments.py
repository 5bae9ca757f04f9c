"""Single notes from patches: wavetables read by an integer phase that wraps by itself.

A note crossfades from a bright to a dark table, under an envelope; that costs a few passes over the
samples, where additive synthesis needs one for each partial.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft

from app.demo.patches import PATCHES, Patch
from app.demo.randomness import generator

SAMPLE_RATE = 22_050
TABLE_BITS = 11
TABLE = 1 << TABLE_BITS

Samples = npt.NDArray[np.float32]

# Formants of a sung "ah" (Hz, width Hz, gain).
FORMANTS = ((730.0, 130.0, 1.0), (1090.0, 150.0, 0.6), (2440.0, 250.0, 0.25), (3300.0, 300.0, 0.1))
EVEN_SHARE = {"square": 0.02, "triangle": 0.15, "reed": 0.55}
PLUCKED_AT = {"pluck": 0.19, "struck": 0.137}
ORGAN_BARS = {1: 1.0, 2: 0.8, 3: 0.6, 4: 0.35, 6: 0.2, 8: 0.25}
BELL_PARTIALS = {1: 1.0, 4: 0.5, 6: 0.2, 10: 0.3, 13: 0.1}


def midi_to_hz(pitch: float) -> float:
    """Frequency of a MIDI pitch in equal temperament, A4 = 69 = 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def harmonic_amplitudes(spectrum: str, exponent: float, hz: float) -> npt.NDArray[np.float64]:
    """Amplitudes of the harmonics 1, 2, … below 90 % of the Nyquist frequency."""
    count = int(min(max(1, 0.45 * SAMPLE_RATE / hz), TABLE // 2 - 1, 120))
    k = np.arange(1, count + 1)
    shape: npt.NDArray[np.float64] = k**-exponent
    match spectrum:
        case "square" | "triangle" | "reed":
            shape[1::2] *= EVEN_SHARE[spectrum]
        case "pluck" | "struck":  # plucked or struck at a fraction of the string's length
            shape *= np.abs(np.sin(np.pi * k * PLUCKED_AT[spectrum]))
        case "bowed":
            shape *= 1 + 0.6 * np.cos(k * hz / 480.0)
        case "organ":
            shape = np.array([ORGAN_BARS.get(int(i), 0.0) for i in k])
        case "bell":
            shape = np.array([BELL_PARTIALS.get(int(i), 0.0) ** (exponent / 2.5) for i in k])
        case "voice":
            throat = np.full(count, 0.12)
            for formant, width, gain in FORMANTS:
                throat += gain * np.exp(-(((k * hz - formant) / width) ** 2))
            shape = throat * k ** (-0.6 * exponent)
    return shape


@lru_cache(maxsize=4096)
def wavetable(spectrum: str, exponent: float, semitone: int) -> Samples:
    """One period, shape (TABLE,), of RMS .2; phases depend on the spectrum only."""
    amplitudes = harmonic_amplitudes(spectrum, exponent, midi_to_hz(semitone))
    phases = generator("phases", spectrum).uniform(0, 2 * np.pi, 128)[: len(amplitudes)]
    bins = np.zeros(TABLE // 2 + 1, np.complex128)
    bins[1 : len(amplitudes) + 1] = amplitudes * np.exp(1j * phases)
    period = irfft(bins, TABLE)
    return np.asarray(0.2 / np.sqrt(np.mean(period**2)) * period, dtype=np.float32)


def envelope(patch: Patch, count: int, held: int) -> Samples:
    """Attack, decay while held, release: shape (count,), 0..1."""
    t = np.arange(count, dtype=np.float32) / np.float32(SAMPLE_RATE)
    if patch.decay:
        curve = np.exp(t * np.float32(-6.9 / patch.decay)) * np.float32(1 - patch.sustain)
        curve += np.float32(patch.sustain)
    else:
        curve = np.ones(count, np.float32)
    rise = min(max(2, int(patch.attack * SAMPLE_RATE)), max(2, held // 2), count)
    curve[:rise] *= np.linspace(0, 1, rise, dtype=np.float32) ** np.float32(0.7)
    fall = np.linspace(1, 0, count - held, dtype=np.float32)
    curve[held:] *= fall * fall
    return np.asarray(curve, dtype=np.float32)


def phase_steps(hz: float, count: int, vibrato: tuple[float, float]) -> npt.NDArray[np.uint32]:
    """Phase of each sample as a 32-bit fraction of a period; unsigned arithmetic wraps exactly."""
    step = np.uint32(round(hz / SAMPLE_RATE * 2**32) & 0xFFFFFFFF)
    phase = np.arange(count, dtype=np.uint32) * step
    rate, cents = vibrato
    if rate and count > SAMPLE_RATE // 5:
        t = np.arange(count, dtype=np.float32) / np.float32(SAMPLE_RATE)
        depth = hz * (2 ** (cents / 1200) - 1) / (2 * np.pi * rate) * 2**32
        grown = np.minimum(t * np.float32(2.5), np.float32(1))
        swing = np.sin(t * np.float32(2 * np.pi * rate)) * grown
        phase += (swing * np.float32(depth)).astype(np.int64).astype(np.uint32)
    return phase


def fm_note(patch: Patch, hz: float, count: int, brightness: float) -> Samples:
    """Two-operator frequency modulation (Chowning 1973) whose index falls within `fade` seconds."""
    t = np.arange(count, dtype=np.float32) / np.float32(SAMPLE_RATE)
    ratio, index = patch.fm
    depth = np.float32(index * brightness) * np.exp(-t / np.float32(patch.fade)) + np.float32(0.2)
    table = wavetable("sine", 60.0, 60)
    modulator = table[phase_steps(hz * ratio, count, (0, 0)) >> (32 - TABLE_BITS)] * np.float32(3.5)
    offset = (modulator * depth * np.float32(2**32 / (2 * np.pi))).astype(np.int64)
    carrier = phase_steps(hz, count, patch.vibrato) + offset.astype(np.uint32)
    return np.asarray(table[carrier >> (32 - TABLE_BITS)], dtype=np.float32)


def table_note(patch: Patch, pitch: int, count: int, brightness: float) -> Samples:
    """The wavetable voices of one note, bright first and then dark."""
    bright = wavetable(patch.spectrum, round(patch.bright / brightness, 3), pitch)
    dark = wavetable(patch.spectrum, round(patch.dark / brightness, 3), pitch)
    out = np.zeros(count, np.float32)
    fade = np.exp(np.arange(count, dtype=np.float32) * np.float32(-1 / (patch.fade * SAMPLE_RATE)))
    spread = np.linspace(-0.5, 0.5, patch.voices) if patch.voices > 1 else np.zeros(1)
    for place in spread:
        hz = midi_to_hz(pitch + patch.detune * float(place) / 100)
        index = phase_steps(hz, count, patch.vibrato) >> np.uint32(32 - TABLE_BITS)
        if place:
            index = (index + np.uint32((place + 0.5) * 700)) & np.uint32(TABLE - 1)
        low = dark[index]
        out += low + (bright[index] - low) * fade
    return np.asarray(out / np.float32(np.sqrt(patch.voices)), dtype=np.float32)


def render_note(patch_name: str, pitch: int, length_s: float, brightness: float = 1.0) -> Samples:
    """One note at velocity 1.

    patch_name: key of PATCHES. pitch: MIDI, before the patch's own octave. length_s: seconds held.
    brightness: about .8 to 1.25. Returns float32 samples at SAMPLE_RATE, the release included.
    """
    patch = PATCHES[patch_name]
    pitch += 12 * patch.octave
    held = max(32, int(length_s * SAMPLE_RATE))
    count = held + max(32, int(patch.release * SAMPLE_RATE))
    if patch.fm[0]:
        note = fm_note(patch, midi_to_hz(pitch), count, brightness)
    else:
        note = table_note(patch, pitch, count, brightness)
    if patch.noise:
        burst = min(count, int(4 * patch.noise_s * SAMPLE_RATE))
        hiss = generator("breath", patch_name, pitch).standard_normal(burst, dtype=np.float32)
        hiss *= np.exp(
            np.arange(burst, dtype=np.float32) / np.float32(-patch.noise_s * SAMPLE_RATE)
        )
        note[:burst] += hiss * np.float32(0.25 * patch.noise)
    return np.asarray(note * envelope(patch, count, held) * np.float32(patch.gain))
