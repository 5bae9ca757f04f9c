"""Melodies: a random walk on the scale that meets the chord on strong beats."""

from collections.abc import Sequence

import numpy as np

from app.demo.patterns import CELLS

Phrase = list[list[tuple[int, int, int]]]
"""For each bar, notes of (step, length, pitch): sixteenths and MIDI."""


def _nearest(pitch: int, classes: frozenset[int]) -> int:
    offsets = (0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, 6)
    return next(pitch + o for o in offsets if (pitch + o) % 12 in classes)


def _cell(
    cells: Sequence[tuple[tuple[int, int], ...]], steps: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    chosen = cells[int(rng.integers(len(cells)))]
    return [(s, min(n, steps - s)) for s, n in chosen if s < steps]


def write_phrase(
    rng: np.random.Generator,
    *,
    style: str,
    chords: Sequence[frozenset[int]],
    scale: frozenset[int],
    center: int,
    steps: int,
) -> Phrase:
    """A phrase over the given chords, one bar each.

    style: key of CELLS. chords, scale: pitch classes. center: the MIDI pitch that the melody hovers
    about. steps: sixteenths a bar. Bars 1 and 3 share their rhythm; the last ends on a chord tone.
    """
    first, second = _cell(CELLS[style], steps, rng), _cell(CELLS[style], steps, rng)
    third = _cell(CELLS[style], steps, rng)
    rhythms = [(first, second, first, third)[i % 4] for i in range(len(chords))]
    leap = 2 if style in ("long", "rap") else 3
    pitch = _nearest(center, chords[0])
    phrase: Phrase = []
    for chord, rhythm in zip(chords, rhythms, strict=True):
        bar: list[tuple[int, int, int]] = []
        for step, length in rhythm:
            pull = (center - pitch) / 6
            move = int(np.clip(round(rng.normal(pull, 1.6)), -leap, leap))
            strong = step % 8 == 0 or length >= 4
            pitch = _nearest(pitch + 2 * move, chord if strong else scale | chord)
            if (pitch + 1) % 12 in chord and (pitch + 1) % 12 not in scale:
                pitch += 1  # the raised leading note replaces the natural seventh over the dominant
            bar.append((step, length, pitch))
        phrase.append(bar)
    step, _, pitch = phrase[-1][-1]
    phrase[-1][-1] = (step, steps - step, _nearest(pitch, chords[-1]))
    return phrase


def resolve(phrase: Phrase, tonic: frozenset[int], steps: int) -> Phrase:
    """The same phrase whose last half bar comes home, to a note of the tonic chord."""
    kept = [note for note in phrase[-1] if note[0] < steps // 2]
    last = phrase[-1][-1][2]
    return [*phrase[:-1], [*kept, (steps // 2, steps - steps // 2, _nearest(last, tonic))]]
