"""The instruments' settings: numbers that `instruments.py` turns into notes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patch:
    """How one instrument sounds.

    spectrum: family of harmonic amplitudes. bright, dark: roll-off exponents at the onset and after
    `fade` seconds. attack, release: seconds. decay: seconds to fall by 60 dB while held (0: none,
    as an organ); sustain: the level that it decays to, 0..1. voices, detune: unison voices and
    their spread in cents. vibrato: (Hz, cents). noise: breath or pick noise, 0..1, that dies in
    `noise_s`. fm: (ratio, index) of a modulator instead of a spectrum. octave: transposition.
    drive: distortion of the whole part, 0 for none. gain: makes patches about equally loud.
    """

    spectrum: str = "saw"
    bright: float = 1.0
    dark: float = 1.6
    fade: float = 0.3
    attack: float = 0.005
    decay: float = 0.0
    sustain: float = 0.0
    release: float = 0.06
    voices: int = 1
    detune: float = 0.0
    vibrato: tuple[float, float] = (0.0, 0.0)
    noise: float = 0.0
    noise_s: float = 0.02
    fm: tuple[float, float] = (0.0, 0.0)
    octave: int = 0
    drive: float = 0.0
    gain: float = 1.0


PATCHES: dict[str, Patch] = {
    # basses
    "finger_bass": Patch("pluck", 1.6, 2.6, 0.25, decay=3.0, release=0.08),
    "pick_bass": Patch("pluck", 1.1, 2.0, 0.3, decay=3.0, release=0.06, noise=0.1),
    "upright_bass": Patch("pluck", 1.9, 3.2, 0.15, decay=1.8, release=0.1, noise=0.08, gain=1.1),
    "sub_bass": Patch("triangle", 2.4, 3.2, 0.2, attack=0.01, decay=6.0, release=0.12, gain=1.1),
    "synth_bass": Patch("saw", 1.2, 2.4, 0.18, decay=2.5, release=0.05),
    "acid_bass": Patch("square", 0.9, 2.2, 0.12, decay=1.5, release=0.04, gain=0.9),
    "fm_bass": Patch(fm=(1.0, 2.2), fade=0.2, decay=2.2, release=0.05),
    "cello": Patch("bowed", 1.3, 1.5, 0.4, 0.06, release=0.14, vibrato=(5.2, 12), noise=0.03),
    # chords
    "clean_guitar": Patch("pluck", 1.0, 2.0, 0.4, decay=3.2, release=0.1, noise=0.1),
    "crunch_guitar": Patch("pluck", 0.9, 1.5, 0.6, decay=5.0, release=0.06, drive=3.0, gain=0.9),
    "distorted_guitar": Patch("pluck", 0.8, 1.3, 0.8, decay=8.0, release=0.04, drive=9.0, gain=0.8),
    "acoustic_guitar": Patch("pluck", 0.8, 2.2, 0.25, decay=2.4, release=0.12, noise=0.25),
    "nylon_guitar": Patch("pluck", 1.5, 2.8, 0.25, decay=2.2, release=0.12, noise=0.08),
    "banjo": Patch("pluck", 0.6, 1.6, 0.15, decay=0.9, release=0.06, noise=0.2),
    "harp": Patch("pluck", 1.6, 3.0, 0.4, decay=3.0, release=0.3),
    "piano": Patch("struck", 1.3, 2.4, 0.6, decay=4.0, release=0.12, voices=2, detune=2),
    "electric_piano": Patch(fm=(1.0, 1.2), fade=0.5, decay=3.5, release=0.12),
    "organ": Patch("organ", 1.0, 1.0, attack=0.01, vibrato=(6.0, 6), release=0.05, gain=0.7),
    "supersaw": Patch("saw", 1.0, 1.3, 0.4, 0.02, release=0.15, voices=3, detune=16, gain=0.8),
    "string_section": Patch("bowed", 1.2, 1.3, attack=0.07, release=0.2, voices=2, detune=9),
    "kalimba": Patch("bell", 2.0, 3.5, 0.1, decay=1.4, release=0.2, noise=0.05, octave=1),
    "bell": Patch(fm=(3.0, 1.4), fade=0.6, decay=2.6, release=0.4, octave=1, gain=0.7),
    # pads
    "warm_pad": Patch("saw", 1.7, 1.9, 1.0, 0.35, release=0.5, voices=2, detune=10, gain=0.8),
    "glass_pad": Patch("triangle", 1.2, 1.6, 1.0, 0.3, release=0.6, voices=2, detune=8, octave=1),
    "choir": Patch("voice", 1.2, 1.4, 1.0, 0.25, release=0.4, voices=2, detune=11),
    # leads
    "voice": Patch("voice", 1.0, 1.2, attack=0.04, release=0.08, vibrato=(5.4, 22), noise=0.05),
    "clear_voice": Patch("voice", 1.3, 1.6, attack=0.05, release=0.1, vibrato=(5.0, 16), octave=1),
    "deep_voice": Patch("voice", 1.0, 1.4, attack=0.02, decay=2.0, sustain=0.5, octave=-1),
    "harsh_voice": Patch("voice", 0.6, 0.8, attack=0.02, noise=0.5, noise_s=0.3, drive=5.0),
    "lead_guitar": Patch("pluck", 0.8, 1.3, 0.8, decay=9.0, vibrato=(5.5, 14), drive=4, gain=0.9),
    "shred_guitar": Patch("pluck", 0.6, 1.1, 0.8, decay=9.0, vibrato=(6, 16), drive=8, octave=1),
    "saxophone": Patch("reed", 0.9, 1.2, attack=0.03, vibrato=(5.0, 14), noise=0.12, noise_s=0.15),
    "trumpet": Patch("saw", 0.9, 1.2, attack=0.03, vibrato=(5.4, 10), noise=0.04, gain=0.8),
    "clarinet": Patch("square", 1.2, 1.6, attack=0.03, vibrato=(4.8, 5), noise=0.03, octave=1),
    "flute": Patch("triangle", 1.8, 2.2, 0.3, 0.05, 0, 0, vibrato=(5, 12), noise=0.15, octave=1),
    "violin": Patch("bowed", 1.0, 1.2, attack=0.05, release=0.12, vibrato=(5.8, 16), octave=1),
    "fiddle": Patch("bowed", 0.8, 1.0, attack=0.02, vibrato=(5.6, 10), noise=0.08, octave=1),
    "vibraphone": Patch("bell", 2.2, 3.2, 0.4, decay=3.0, vibrato=(5, 6), release=0.2, octave=1),
    "square_lead": Patch("square", 1.0, 1.5, 0.2, decay=3.0, sustain=0.4, octave=1, gain=0.8),
    "saw_lead": Patch("saw", 1.0, 1.5, 0.3, 0.01, voices=2, detune=9, vibrato=(5.0, 8), octave=1),
    "pluck_synth": Patch("saw", 0.9, 2.6, 0.08, decay=0.9, release=0.08, octave=1),
}  # fmt: skip
