"""Rendering: from a score to mono samples.

Every distinct note and stroke is synthesized once and added where it occurs; effects work on whole
parts. A piece of 100 s takes about a third of a second.
"""

import numpy as np
from scipy.signal import butter, oaconvolve, sosfilt

from app.demo.catalog import DemoPiece
from app.demo.composition import Note, Score, compose
from app.demo.genres import RECIPES
from app.demo.instruments import SAMPLE_RATE, Samples, render_note
from app.demo.patches import PATCHES
from app.demo.percussion import render_drum
from app.demo.randomness import generator

LEVELS = {"bass": 0.85, "chords": 0.5, "pad": 0.3, "lead": 0.62}
SENDS = {"bass": 0.1, "chords": 0.8, "pad": 1.0, "lead": 1.0}
DRUM_LEVEL = 0.55
REVERB_S = 1.1


def mix_notes(notes: list[Note], patch: str, brightness: float, count: int) -> Samples:
    """All notes of one part, shape (count,)."""
    out = np.zeros(count, np.float32)
    made: dict[tuple[int, int], Samples] = {}
    for note in notes:
        length_ms = round(note.length_s * 1000)
        key = (note.pitch, length_ms)
        if key not in made:
            made[key] = render_note(patch, note.pitch, length_ms / 1000, brightness)
        sound = made[key]
        start = int(note.start_s * SAMPLE_RATE)
        end = min(count, start + len(sound))
        out[start:end] += sound[: end - start] * np.float32(note.velocity)
    return out


def mix_strokes(score: Score, kit: str, count: int) -> Samples:
    """All drum strokes, shape (count,)."""
    out = np.zeros(count, np.float32)
    for stroke in score.strokes:
        sound = render_drum(kit, stroke.drum)
        start = int(stroke.start_s * SAMPLE_RATE)
        end = min(count, start + len(sound))
        out[start:end] += sound[: end - start] * np.float32(stroke.velocity)
    return out


def distort(part: Samples, drive: float) -> Samples:
    """An overdriven amplifier and its speaker, which passes 90 Hz to 4.5 kHz."""
    driven = np.tanh(part * np.float32(drive * 1.5)) * np.float32(0.32)
    speaker = butter(1, (90, 4500), "bandpass", fs=SAMPLE_RATE, output="sos").astype(np.float32)
    return np.asarray(sosfilt(speaker, driven), dtype=np.float32)


def echo(part: Samples, delay_s: float, level: float) -> Samples:
    """The part with three echoes, each `level` times the one before."""
    out = part.copy()
    for repeat in (1, 2, 3):
        late = int(repeat * delay_s * SAMPLE_RATE)
        out[late:] += part[: len(part) - late] * np.float32(level**repeat)
    return out


def pumping(count: int, beat_s: float, depth: float) -> Samples:
    """Gain that drops on each beat and swells back, as a compressor keyed by the kick drum does."""
    beats = np.arange(count, dtype=np.float32) / np.float32(beat_s * SAMPLE_RATE)
    since = beats - np.floor(beats)
    return np.asarray(1 - np.float32(depth) * np.exp(since * np.float32(-5)), dtype=np.float32)


def reverberate(sent: Samples) -> Samples:
    """A hall of decaying noise, of energy 1, by overlapped convolution."""
    t = np.arange(int(REVERB_S * SAMPLE_RATE), dtype=np.float32) / np.float32(SAMPLE_RATE)
    hall = generator("hall").standard_normal(len(t), dtype=np.float32)
    hall *= np.exp(t * np.float32(-5.5 / REVERB_S))
    hall = np.convolve(hall, np.full(3, 1 / 3, np.float32), "same")
    hall /= np.sqrt(np.sum(hall**2))
    return np.asarray(oaconvolve(sent, hall)[: len(sent)], dtype=np.float32)


def master(mix: Samples, piece: DemoPiece) -> Samples:
    """Bring the loudest section to the sub-genre's level, limit softly, fade at the end."""
    recipe = RECIPES[piece.subgenre]
    loudest = max(piece.sections, key=lambda s: s.intensity)
    part = mix[int(loudest.start_s * SAMPLE_RATE) : int(loudest.end_s * SAMPLE_RATE)]
    target = 10 ** ((recipe.loudness + 8 * (piece.energy - recipe.energy)) / 20)
    mix *= np.float32(target / max(1e-6, float(np.sqrt(np.mean(part**2)))))
    limited = np.tanh(mix * np.float32(0.9))
    fade = int(0.8 * SAMPLE_RATE)
    limited[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.asarray(limited, dtype=np.float32)


def render_piece(piece: DemoPiece) -> Samples:
    """The audio of a piece: float32 mono at SAMPLE_RATE, -1..1, shape (duration_s * rate,)."""
    recipe, style = RECIPES[piece.subgenre], piece.style
    score = compose(piece)
    count = round(piece.duration_s * SAMPLE_RATE)
    beat_s = 60 / piece.tempo_bpm
    dry = np.zeros(count, np.float32)
    sent = np.zeros(count, np.float32)
    for role, patch in style.patches:
        part = mix_notes(score.notes[role], patch, style.brightness, count)
        if PATCHES[patch].drive:
            part = distort(part, PATCHES[patch].drive)
        if recipe.echo and role in ("chords", "lead"):
            part = echo(part, recipe.echo_beats * beat_s, recipe.echo)
        if recipe.pump and role in ("chords", "pad"):
            part *= pumping(count, beat_s, recipe.pump)
        part *= np.float32(LEVELS[role])
        dry += part
        sent += part * np.float32(SENDS[role])
    if recipe.drums:
        drums = mix_strokes(score, style.kit, count) * np.float32(DRUM_LEVEL * recipe.drum_level)
        dry += drums
        sent += drums * np.float32(0.15)
    dry += reverberate(sent) * np.float32(style.reverb * 1.2)
    return master(dry, piece)
