"""Bass lines and chord figures: each style writes one bar.

A figure is a list of (step, length, pitch, velocity): steps are sixteenths from the bar's start and
may be fractional, pitches are MIDI, velocities 0..1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Figure = list[tuple[float, float, int, float]]

# (step, velocity) of a guitarist's strokes
STROKES = ((0, 1.0), (4, 0.75), (6, 0.5), (10, 0.6), (12, 0.8), (14, 0.5))
SPARSE_STROKES = ((0, 1.0), (4, 0.6), (8, 0.8), (12, 0.6))


@dataclass(frozen=True)
class Bar:
    """What a player knows about the bar.

    steps: sixteenths a bar. root: the chord's root in the bass register. following: the next bar's.
    chord: pitches, low to high, in the middle register. scale: pitch classes of the key.
    kicks: steps on which the kick drum plays. number: of the bar in its section.
    """

    steps: int
    root: int
    following: int
    chord: tuple[int, ...]
    scale: frozenset[int]
    kicks: tuple[int, ...]
    intensity: float
    number: int


def _fifth(bar: Bar) -> int:
    return bar.root + 7 if (bar.root + 7) % 12 in bar.scale else bar.root + 6


def bass_roots8(bar: Bar, rng: np.random.Generator) -> Figure:
    """Driving eighths on the root."""
    return [(s, 1.8, bar.root, 0.9 if s % 4 == 0 else 0.7) for s in range(0, bar.steps, 2)]


def bass_offbeat(bar: Bar, rng: np.random.Generator) -> Figure:
    """The house bass: on every off-beat, the octave now and then."""
    notes = [(float(s), 1.6, bar.root, 0.9) for s in range(2, bar.steps, 4)]
    if bar.number % 2:
        notes.append((bar.steps - 1.0, 0.9, bar.root + 12, 0.6))
    return notes


def bass_octave(bar: Bar, rng: np.random.Generator) -> Figure:
    """Eighths that jump between root and octave."""
    return [(s, 1.5, bar.root + (12 if s % 4 else 0), 0.85) for s in range(0, bar.steps, 2)]


def bass_walking(bar: Bar, rng: np.random.Generator) -> Figure:
    """Quarters: root, third or fifth, and a step into the next root."""
    inside = [
        bar.root + i for i in range(1, 12) if (bar.root + i - bar.chord[0]) % 12 in (3, 4, 7, 8)
    ]
    middle = [
        int(rng.choice(inside)) if inside else bar.root + 7 for _ in range(bar.steps // 4 - 2)
    ]
    approach = bar.following + int(rng.choice([-2, -1, 1, 2]))
    if approach % 12 not in bar.scale:
        approach = bar.following + (7 if bar.following == bar.root else -5)
    line = [bar.root, *middle, approach]
    return [(4.0 * i, 3.6, p, 0.9 if i % 2 == 0 else 0.75) for i, p in enumerate(line)]


def bass_kick(bar: Bar, rng: np.random.Generator) -> Figure:
    """Long notes with the kick drum."""
    starts = bar.kicks or (0,)
    ends = (*starts[1:], bar.steps)
    return [(a, max(1.0, (b - a) * 0.9), bar.root, 0.9) for a, b in zip(starts, ends, strict=True)]


def bass_fifths(bar: Bar, rng: np.random.Generator) -> Figure:
    """Root and fifth in turn."""
    if bar.steps == 12:
        return [(0.0, 10.0, bar.root, 0.9)]
    return [(0.0, 6.0, bar.root, 0.9), (6, 1.8, bar.root, 0.5), (8, 6.0, _fifth(bar), 0.8)]


def bass_pedal(bar: Bar, rng: np.random.Generator) -> Figure:
    """One long root."""
    return [(0.0, bar.steps - 0.5, bar.root, 0.85)]


def chords_sustain(bar: Bar, rng: np.random.Generator) -> Figure:
    """The whole chord for the whole bar."""
    return [(0.12 * i, bar.steps - 0.5, p, 0.7) for i, p in enumerate(bar.chord)]


def chords_strum(bar: Bar, rng: np.random.Generator) -> Figure:
    """Down and up strokes, the strings a few milliseconds apart."""
    strokes = STROKES if bar.intensity >= 0.5 else SPARSE_STROKES
    notes: Figure = []
    for step, velocity in strokes:
        if step >= bar.steps:
            continue
        strings = bar.chord if step % 4 == 0 else bar.chord[::-1]
        notes += [(step + 0.1 * i, 3.0, p, 0.75 * velocity) for i, p in enumerate(strings)]
    return notes


def chords_power8(bar: Bar, rng: np.random.Generator) -> Figure:
    """Power chords: palm-muted eighths that open on the accents."""
    accents = (0, 6, 12) if bar.number % 2 == 0 else (0, 8)
    return [
        (s, 1.8 if s in accents else 1.0, p, 0.95 if s in accents else 0.6)
        for s in range(0, bar.steps, 2)
        for p in bar.chord
    ]


def chords_gallop(bar: Bar, rng: np.random.Generator) -> Figure:
    """The eighth and two sixteenths of thrash."""
    return [
        (s, 1.6 if s % 4 == 0 else 0.7, p, 0.9 if s % 4 == 0 else 0.65)
        for s in range(bar.steps)
        if s % 4 != 1
        for p in bar.chord
    ]


def chords_stabs(bar: Bar, rng: np.random.Generator) -> Figure:
    """Short chords off the beat."""
    steps = (2, 6, 10, 14) if bar.intensity > 0.8 else (3, 6, 11, 14)
    return [(s, 1.2, p, 0.75) for s in steps if s < bar.steps for p in bar.chord]


def chords_comp(bar: Bar, rng: np.random.Generator) -> Figure:
    """Jazz comping: the Charleston and its relatives."""
    options = (
        ((0, 3.0), (6, 1.5)),
        ((2, 1.5), (8, 3.0)),
        ((0, 1.5), (10, 4.0)),
        ((4, 2.0), (12, 2.0)),
    )
    cell = options[int(rng.integers(len(options)))]
    return [(s, n, p, 0.65) for s, n in cell if s < bar.steps for p in bar.chord]


def _arpeggio(bar: Bar, every: int, length: float) -> Figure:
    ladder = [*bar.chord, bar.chord[0] + 12]
    order = [*range(len(ladder)), *range(len(ladder) - 2, 0, -1)]
    return [
        (s, length, ladder[order[i % len(order)]], 0.8 if s % 4 == 0 else 0.6)
        for i, s in enumerate(range(0, bar.steps, every))
    ]


def chords_arp8(bar: Bar, rng: np.random.Generator) -> Figure:
    """The chord up and down in eighths."""
    return _arpeggio(bar, 2, 3.0)


def chords_arp16(bar: Bar, rng: np.random.Generator) -> Figure:
    """The chord up and down in sixteenths."""
    return _arpeggio(bar, 1, 1.2)


def chords_alberti(bar: Bar, rng: np.random.Generator) -> Figure:
    """Low, high, middle, high: Alberti's figure."""
    low, middle, high = bar.chord[0], bar.chord[1], bar.chord[2]
    turn = (low, high, middle, high) if bar.steps == 16 else (low, middle, high)
    return [
        (s, 2.2, turn[(s // 2) % len(turn)], 0.75 if s % 4 == 0 else 0.55)
        for s in range(0, bar.steps, 2)
    ]


def chords_pulse(bar: Bar, rng: np.random.Generator) -> Figure:
    """The chord repeated in eighths, stressed on the beat."""
    return [
        (s, 1.7, p, 0.75 if s % 4 == 0 else 0.45) for s in range(0, bar.steps, 2) for p in bar.chord
    ]


def chords_waltz(bar: Bar, rng: np.random.Generator) -> Figure:
    """Oom-pah-pah, the bass having the first beat."""
    rest = [
        (s + 0.1 * i, 3.0, p, 0.6) for s in range(4, bar.steps, 4) for i, p in enumerate(bar.chord)
    ]
    return [(0.0, 3.5, bar.chord[0] - 12, 0.8), *rest]


Style = Callable[[Bar, np.random.Generator], Figure]

BASS_STYLES: dict[str, Style] = {
    "roots8": bass_roots8,
    "offbeat": bass_offbeat,
    "octave": bass_octave,
    "walking": bass_walking,
    "kick": bass_kick,
    "fifths": bass_fifths,
    "pedal": bass_pedal,
}
CHORD_STYLES: dict[str, Style] = {
    "sustain": chords_sustain,
    "strum": chords_strum,
    "power8": chords_power8,
    "gallop": chords_gallop,
    "stabs": chords_stabs,
    "comp": chords_comp,
    "arp8": chords_arp8,
    "arp16": chords_arp16,
    "alberti": chords_alberti,
    "pulse": chords_pulse,
    "waltz": chords_waltz,
}
