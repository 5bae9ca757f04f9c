"""Composing: from a planned piece to a score of timed notes and drum strokes.

Sections of one label share their material (progression, melody, drum pattern), as a chorus does.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from app.demo.accompaniment import BASS_STYLES, CHORD_STYLES, Bar, Figure
from app.demo.catalog import DemoPiece, Section
from app.demo.genres import RECIPES, Recipe
from app.demo.melody import Phrase, resolve, write_phrase
from app.demo.patterns import DRUMS, FILL, VELOCITY
from app.demo.randomness import generator

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
LEADLESS = ("intro", "outro", "coda", "fade", "build", "bridge", "break", "emergence")
PADDED = ("bridge", "break", "emergence", "drift", "swell", "fade")
BASS_FLOOR = 33  # A1: the lowest root
CHORD_CENTER, POWER_CENTER, LEAD_CENTER = 60, 46, 68


class Note(NamedTuple):
    """start and length in seconds, MIDI pitch, velocity 0..1."""

    start_s: float
    length_s: float
    pitch: int
    velocity: float


class Stroke(NamedTuple):
    """start in seconds, drum name, velocity 0..1."""

    start_s: float
    drum: str
    velocity: float


@dataclass
class Score:
    """notes by role (bass, chords, pad, lead), and drum strokes."""

    notes: dict[str, list[Note]] = field(default_factory=dict)
    strokes: list[Stroke] = field(default_factory=list)


@dataclass(frozen=True)
class Material:
    """What the sections of a label share: scale degrees (one a bar), phrase, name of the drums."""

    degrees: tuple[int, ...]
    phrase: Phrase
    drums: str


class Clock:
    """Turns bars and sixteenths into seconds: constant tempo, swung beats, human hands."""

    def __init__(self, piece: DemoPiece, recipe: Recipe, rng: np.random.Generator) -> None:
        self.beat_s = 60 / piece.tempo_bpm
        self.steps = 4 * piece.time_signature
        self.swing = piece.style.swing
        self._jitter = rng.normal(0, recipe.humanize_ms / 1000, 4096)
        self._next = 0

    def at(self, bar: int, step: float) -> float:
        """Seconds of a step (may lie beyond its bar), with the player's small error."""
        beat, place = divmod((bar * self.steps + step) / 4, 1)
        half = self.swing
        place = place * 2 * half if place < 0.5 else half + (place - 0.5) * 2 * (1 - half)
        self._next = (self._next + 1) % len(self._jitter)
        return max(0.0, (beat + place) * self.beat_s + float(self._jitter[self._next]))

    def lasting(self, steps: float) -> float:
        """Seconds of a number of sixteenths."""
        return steps * self.beat_s / 4


def scale_of(piece: DemoPiece) -> frozenset[int]:
    """Pitch classes of the key: major, or natural minor."""
    return frozenset((piece.key + i) % 12 for i in (MAJOR if piece.mode else MINOR))


def chord_classes(piece: DemoPiece, degree: int, harmony: str) -> tuple[int, ...]:
    """Pitch classes of the chord on a degree 1..7, root first.

    The dominant of a minor key has its major third.
    """
    steps = MAJOR if piece.mode else MINOR
    thirds = {"triad": (0, 2, 4), "seventh": (0, 2, 4, 6), "power": (0, 4)}[harmony]
    classes = [(piece.key + steps[(degree - 1 + i) % 7]) % 12 for i in thirds]
    if degree == 5 and not piece.mode and harmony != "power":
        classes[1] = (classes[0] + 4) % 12
    return tuple(classes)


def voice(classes: tuple[int, ...], center: int) -> tuple[int, ...]:
    """The chord in close position around a MIDI pitch, low to high, so that voices move little."""
    low = center - 6
    return tuple(sorted(low + (c - low) % 12 for c in classes))


def voice_power(classes: tuple[int, ...]) -> tuple[int, ...]:
    """Root, fifth, and octave on the low strings."""
    root = POWER_CENTER - 6 + (classes[0] - (POWER_CENTER - 6)) % 12
    return root, root + 7, root + 12


def bass_root(pitch_class: int) -> int:
    """The pitch class in the bass register."""
    return BASS_FLOOR + (pitch_class - BASS_FLOOR) % 12


class Composer:
    """Writes the score of one piece, section by section."""

    def __init__(self, piece: DemoPiece) -> None:
        self.piece = piece
        self.recipe = RECIPES[piece.subgenre]
        self.rng = generator(piece.seed, "score", piece.id)
        self.clock = Clock(piece, self.recipe, generator(piece.seed, "hands", piece.id))
        self.scale = scale_of(piece)
        self.tonic = frozenset(chord_classes(piece, 1, "triad"))
        self.roles = dict(piece.style.patches)
        self.materials: dict[str, Material] = {}
        self.score = Score({role: [] for role in self.roles})

    def compose(self) -> Score:
        """The whole score."""
        bar = 0
        for index, section in enumerate(self.piece.sections):
            last = index == len(self.piece.sections) - 1
            self._write_section(section, self._material(section, index), bar, last)
            bar += section.bars
        return self.score

    def _material(self, section: Section, index: int) -> Material:
        label = f"solo-{index}" if section.label == "solo" else section.label
        if label not in self.materials:
            recipe, rng = self.recipe, self.rng
            options = recipe.major_progressions if self.piece.mode else recipe.minor_progressions
            degrees = options[int(rng.integers(len(options)))]
            harmony = "triad" if recipe.harmony == "power" else recipe.harmony
            chords = [frozenset(chord_classes(self.piece, d, harmony)) for d in degrees]
            steps = self.clock.steps
            phrase = write_phrase(
                rng,
                style=recipe.lead,
                chords=chords,
                scale=self.scale,
                center=LEAD_CENTER,
                steps=steps,
            )
            drums = str(rng.choice(recipe.drums)) if recipe.drums else ""
            self.materials[label] = Material(degrees, phrase, drums)
        return self.materials[label]

    def _write_section(self, section: Section, material: Material, first: int, last: bool) -> None:
        count = len(material.degrees)
        degrees = [material.degrees[i % count] for i in range(section.bars)]
        if last:
            degrees[-1] = 1
            if section.bars > 2:
                degrees[-2] = 5
        degrees.append(1)
        for number in range(section.bars):
            bar = self._bar(section, material, number, degrees[number], degrees[number + 1])
            ending = last and number == section.bars - 1
            self._write_backing(section, bar, degrees[number], index=first + number, ending=ending)
            if not ending:
                self._write_lead(section, material, number, first + number)
                self._write_drums(section, material, number, first + number)

    def _bar(
        self, section: Section, material: Material, number: int, degree: int, following: int
    ) -> Bar:
        classes = chord_classes(self.piece, degree, self.recipe.harmony)
        after = chord_classes(self.piece, following, "triad")
        kicks = DRUMS[material.drums].get("kick", "") if material.drums else ""
        power = self.recipe.harmony == "power"
        return Bar(
            steps=self.clock.steps,
            root=bass_root(classes[0]),
            following=bass_root(after[0]),
            chord=voice_power(classes) if power else voice(classes, CHORD_CENTER),
            scale=self.scale,
            kicks=tuple(i for i, c in enumerate(kicks[: self.clock.steps]) if c in "Xx"),
            intensity=section.intensity,
            number=number,
        )

    def _add(self, role: str, figure: Figure, bar: int, intensity: float) -> None:
        force = 0.55 + 0.45 * intensity
        shades = self.rng.uniform(0.9, 1.05, len(figure)) if figure else ()
        clock = self.clock
        self.score.notes[role] += [
            Note(
                clock.at(bar, step),
                clock.lasting(length),
                pitch,
                min(1.0, v * force * float(shade)),
            )
            for (step, length, pitch, v), shade in zip(figure, shades, strict=True)
        ]

    def _write_backing(
        self, section: Section, bar: Bar, degree: int, *, index: int, ending: bool
    ) -> None:
        recipe, level = self.recipe, section.intensity
        if section.intensity >= 0.4:
            line = BASS_STYLES["pedal" if ending else recipe.bass](bar, self.rng)
            self._add("bass", line, index, level)
        figure = CHORD_STYLES["sustain" if ending else recipe.chords](bar, self.rng)
        self._add("chords", figure, index, level)
        if "pad" in self.roles and (level >= 0.6 or section.label in PADDED):
            triad = chord_classes(self.piece, degree, "triad")
            pad: Figure = [(0.0, bar.steps - 0.5, p, 0.7) for p in voice(triad, CHORD_CENTER)]
            self._add("pad", pad, index, level)

    def _write_lead(self, section: Section, material: Material, number: int, index: int) -> None:
        if section.label in LEADLESS:
            return
        phrase, count = material.phrase, len(material.phrase)
        closing = number >= section.bars - count and section.bars % count == 0
        if closing and material.degrees[-1] == 1:
            phrase = resolve(phrase, self.tonic, self.clock.steps)
        notes = phrase[number % count]
        self._add("lead", [(s, n * 0.9, p, 0.85) for s, n, p in notes], index, section.intensity)

    def _write_drums(self, section: Section, material: Material, number: int, index: int) -> None:
        level = section.intensity
        if not material.drums or level < 0.4:
            return
        force = 0.6 + 0.4 * level
        steps = self.clock.steps
        pattern = {drum: line[:steps] for drum, line in DRUMS[material.drums].items()}
        if level < 0.55 and len(pattern) > 2:
            pattern.pop("snare", None)
            pattern.pop("clap", None)
        filling = number == section.bars - 1 and level >= 0.6 and "snare" in pattern and steps == 16
        if filling:
            pattern = {drum: line[:8] + "........" for drum, line in pattern.items()}
            for drum, line in FILL.items():
                pattern[drum] = pattern.get(drum, "........")[:8] + line
        if number == 0 and level >= 0.8 and self.piece.style.kit in ("rock", "metal", "909"):
            pattern["crash"] = "X" + pattern.get("crash", "." * steps)[1:]
        shades = self.rng.uniform(0.88, 1.0, 16 * len(pattern))
        for row, (drum, line) in enumerate(pattern.items()):
            for step, mark in enumerate(line):
                if mark in VELOCITY:
                    velocity = VELOCITY[mark] * force * float(shades[16 * row + step])
                    self.score.strokes.append(Stroke(self.clock.at(index, step), drum, velocity))


def compose(piece: DemoPiece) -> Score:
    """The score of a piece; the same for the same piece."""
    return Composer(piece).compose()
