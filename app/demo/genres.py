"""Recipes: what makes the pieces of a sub-genre sound as they do.

A recipe is a range of choices; an artist settles most of them (see `catalog.py`), a piece the rest.
"""

from dataclasses import dataclass, replace

Progression = tuple[int, ...]


@dataclass(frozen=True)
class Recipe:
    """The idioms of one sub-genre.

    tempo: lowest and highest in BPM. minor: share of minor keys, 0..1. swing: where the off-beat
    eighth lies within a beat (.5 straight, .67 triplet). loudness: RMS of the loudest section in
    dBFS. reverb: share of the wet signal. energy, valence, danceability, acousticness: 0..1,
    typical. echo: level of the first echo of chords and lead, echo_beats apart. pump: how far the
    kick drum ducks the chords, 0..1. Styles name functions of `accompaniment.py` and rhythm cells
    of `patterns.py`.
    """

    genre: str
    subgenre: str
    tempo: tuple[float, float]
    minor: float
    form: str
    drums: tuple[str, ...]
    kits: tuple[str, ...]
    bass: str
    chords: str
    lead: str
    patches: dict[str, tuple[str, ...]]
    harmony: str = "triad"
    major_progressions: tuple[Progression, ...] = ((1, 5, 6, 4), (1, 4, 5, 1), (1, 4, 1, 5))
    minor_progressions: tuple[Progression, ...] = ((1, 6, 4, 5), (1, 4, 5, 1), (1, 1, 6, 5))
    meters: tuple[int, ...] = (4,)
    swing: float = 0.5
    loudness: float = -15.0
    reverb: float = 0.15
    drum_level: float = 1.0
    echo: float = 0.0
    echo_beats: float = 0.75
    pump: float = 0.0
    humanize_ms: float = 5.0
    energy: float = 0.5
    valence: float = 0.5
    danceability: float = 0.5
    acousticness: float = 0.5


_ROCK = Recipe(
    "Rock", "Indie Rock", (112, 138), 0.3, "song", ("rock", "rock_drive"), ("rock",),
    bass="roots8", chords="strum", lead="song",
    patches={
        "bass": ("pick_bass", "finger_bass"),
        "chords": ("clean_guitar", "crunch_guitar"),
        "pad": ("organ", "warm_pad"),
        "lead": ("voice", "lead_guitar"),
    },
    loudness=-13.5, reverb=0.14, energy=0.72, valence=0.6, danceability=0.52, acousticness=0.1,
)  # fmt: skip
_ELECTRONIC = Recipe(
    "Electronic", "House", (119, 128), 0.55, "club", ("four_floor", "four_open"), ("909",),
    bass="offbeat", chords="stabs", lead="riff",
    patches={
        "bass": ("synth_bass", "fm_bass"),
        "chords": ("electric_piano", "organ", "supersaw"),
        "pad": ("warm_pad", "glass_pad"),
        "lead": ("pluck_synth", "square_lead"),
    },
    harmony="seventh", loudness=-12.0, reverb=0.16, humanize_ms=0.0, echo=0.25, pump=0.6,
    energy=0.75, valence=0.65, danceability=0.85, acousticness=0.03,
)  # fmt: skip
_JAZZ = Recipe(
    "Jazz", "Swing", (126, 188), 0.3, "choruses", ("swing",), ("jazz",),
    bass="walking", chords="comp", lead="bop",
    patches={
        "bass": ("upright_bass",),
        "chords": ("piano", "nylon_guitar"),
        "lead": ("saxophone", "trumpet"),
    },
    harmony="seventh",
    major_progressions=((1, 6, 2, 5), (1, 1, 2, 5), (1, 4, 5, 1)),
    minor_progressions=((1, 4, 5, 1), (1, 6, 5, 1), (1, 1, 4, 5)),
    swing=0.63, loudness=-19.0, reverb=0.2, drum_level=0.7, humanize_ms=8.0,
    energy=0.45, valence=0.62, danceability=0.5, acousticness=0.75,
)  # fmt: skip
_CLASSICAL = Recipe(
    "Classical", "Piano Miniature", (84, 126), 0.45, "rondo", (), ("none",),
    bass="pedal", chords="alberti", lead="dance",
    patches={"bass": ("piano",), "chords": ("piano",), "lead": ("piano",)},
    major_progressions=((1, 5, 5, 1), (1, 4, 5, 1), (1, 2, 5, 1)),
    minor_progressions=((1, 5, 5, 1), (1, 4, 5, 1), (1, 6, 5, 1)),
    meters=(4, 4, 3), loudness=-23.0, reverb=0.28, humanize_ms=7.0,
    energy=0.22, valence=0.5, danceability=0.25, acousticness=0.97,
)  # fmt: skip
_AMBIENT = Recipe(
    "Ambient", "Drone Ambient", (62, 84), 0.5, "swell", ("pulse",), ("soft",),
    bass="pedal", chords="arp8", lead="long",
    patches={
        "bass": ("sub_bass",),
        "chords": ("kalimba", "bell"),
        "pad": ("warm_pad", "choir", "glass_pad"),
        "lead": ("flute", "glass_pad"),
    },
    major_progressions=((1, 4, 1, 5), (1, 1, 5, 1), (1, 6, 4, 1)),
    minor_progressions=((1, 1, 4, 5), (1, 6, 4, 1), (1, 4, 1, 1)),
    loudness=-24.0, reverb=0.45, drum_level=0.45, humanize_ms=6.0, echo=0.35, echo_beats=1.0,
    energy=0.12, valence=0.35, danceability=0.2, acousticness=0.6,
)  # fmt: skip
_HIP_HOP = Recipe(
    "Hip Hop", "Boom Bap", (84, 98), 0.65, "rap", ("boom_bap", "boom_lazy"), ("lofi", "808"),
    bass="kick", chords="sustain", lead="rap",
    patches={
        "bass": ("sub_bass", "finger_bass"),
        "chords": ("electric_piano", "vibraphone"),
        "pad": ("string_section", "warm_pad"),
        "lead": ("deep_voice",),
    },
    harmony="seventh", swing=0.56, loudness=-14.0, reverb=0.1, drum_level=1.15,
    energy=0.6, valence=0.5, danceability=0.75, acousticness=0.15,
)  # fmt: skip
_FOLK = Recipe(
    "Folk", "Singer-Songwriter", (88, 118), 0.3, "song", ("folk_stomp",), ("hand",),
    bass="fifths", chords="strum", lead="song",
    patches={
        "bass": ("upright_bass",),
        "chords": ("acoustic_guitar", "nylon_guitar"),
        "lead": ("voice", "clear_voice"),
    },
    loudness=-20.0, reverb=0.14, drum_level=0.5, humanize_ms=8.0,
    energy=0.38, valence=0.55, danceability=0.45, acousticness=0.9,
)  # fmt: skip
_METAL = Recipe(
    "Metal", "Heavy Metal", (138, 172), 1.0, "heavy", ("metal", "metal_gallop"), ("metal",),
    bass="roots8", chords="power8", lead="riff",
    patches={
        "bass": ("pick_bass",),
        "chords": ("distorted_guitar",),
        "pad": ("choir",),
        "lead": ("shred_guitar", "harsh_voice"),
    },
    harmony="power",
    minor_progressions=((1, 1, 6, 7), (1, 6, 4, 5), (1, 4, 5, 1)),
    loudness=-11.5, reverb=0.1, humanize_ms=3.0,
    energy=0.93, valence=0.3, danceability=0.4, acousticness=0.01,
)  # fmt: skip

_ALL = (
    _ROCK,
    replace(
        _ROCK, subgenre="Hard Rock", tempo=(122, 150), minor=0.6, drums=("rock_drive", "rock_busy"),
        chords="power8", harmony="power", energy=0.85, valence=0.5, loudness=-12.5,
        patches={**_ROCK.patches, "chords": ("crunch_guitar",), "lead": ("lead_guitar", "voice")},
    ),
    replace(
        _ROCK, subgenre="Blues Rock", tempo=(86, 112), minor=0.2, drums=("blues", "rock"),
        swing=0.62, bass="walking", energy=0.6, valence=0.55, loudness=-15.0,
        major_progressions=((1, 4, 1, 5), (1, 4, 5, 1)),
        patches={**_ROCK.patches, "pad": ("organ",), "lead": ("lead_guitar", "deep_voice")},
    ),
    _ELECTRONIC,
    replace(
        _ELECTRONIC, subgenre="Techno", tempo=(126, 138), minor=0.9, drums=("techno", "four_open"),
        bass="octave", chords="arp16", lead="sequence", harmony="triad", energy=0.85, valence=0.35,
        patches={
            "bass": ("acid_bass", "synth_bass"),
            "chords": ("pluck_synth", "square_lead"),
            "pad": ("glass_pad",),
            "lead": ("saw_lead", "bell"),
        },
    ),
    replace(
        _ELECTRONIC, subgenre="Synthwave", tempo=(84, 112), minor=0.7, drums=("synthwave",),
        bass="octave", chords="sustain", lead="song", harmony="triad", reverb=0.24, energy=0.6,
        valence=0.5, loudness=-14.0, pump=0.3,
        patches={
            "bass": ("synth_bass", "acid_bass"),
            "chords": ("supersaw",),
            "pad": ("warm_pad",),
            "lead": ("saw_lead", "square_lead"),
        },
    ),
    _JAZZ,
    replace(
        _JAZZ, subgenre="Ballad Jazz", tempo=(72, 100), drums=("swing_brush",), reverb=0.26,
        lead="song", energy=0.22, valence=0.4, loudness=-22.0,
        patches={**_JAZZ.patches, "chords": ("piano",), "lead": ("trumpet", "saxophone")},
    ),
    replace(
        _JAZZ, subgenre="Bossa Nova", tempo=(118, 144), drums=("bossa",), swing=0.5, bass="fifths",
        lead="song", energy=0.38, valence=0.7, danceability=0.62,
        patches={**_JAZZ.patches, "chords": ("nylon_guitar",), "lead": ("flute", "vibraphone")},
    ),
    _CLASSICAL,
    replace(
        _CLASSICAL, subgenre="String Quartet", tempo=(92, 138), chords="pulse", energy=0.3,
        patches={"bass": ("cello",), "chords": ("string_section",), "lead": ("violin",)},
    ),
    replace(
        _CLASSICAL, subgenre="Chamber Music", tempo=(76, 112), chords="arp8", energy=0.2,
        patches={"bass": ("cello",), "chords": ("harp",), "lead": ("flute", "clarinet")},
    ),
    _AMBIENT,
    replace(
        _AMBIENT, subgenre="Space Ambient", tempo=(70, 92), drums=("pulse_four",), energy=0.18,
        patches={**_AMBIENT.patches, "chords": ("pluck_synth", "bell"), "lead": ("saw_lead",)},
    ),
    replace(
        _AMBIENT, subgenre="Organic Ambient", tempo=(66, 88), reverb=0.35, energy=0.15, valence=0.5,
        patches={**_AMBIENT.patches, "chords": ("harp", "kalimba"), "pad": ("string_section",)},
    ),
    _HIP_HOP,
    replace(
        _HIP_HOP, subgenre="Trap", tempo=(68, 78), drums=("trap",), kits=("808",), minor=0.95,
        chords="arp8", harmony="triad", energy=0.7, valence=0.35, swing=0.5, loudness=-13.0,
        patches={**_HIP_HOP.patches, "bass": ("sub_bass",), "chords": ("bell", "pluck_synth")},
    ),
    replace(
        _HIP_HOP, subgenre="Lo-fi Hip Hop", tempo=(72, 88), drums=("lofi",), kits=("lofi",),
        minor=0.45, lead="song", energy=0.3, valence=0.48, loudness=-18.0, reverb=0.18,
        patches={
            "bass": ("upright_bass", "finger_bass"),
            "chords": ("electric_piano", "nylon_guitar"),
            "lead": ("vibraphone", "flute"),
        },
    ),
    _FOLK,
    replace(
        _FOLK, subgenre="Bluegrass", tempo=(112, 140), minor=0.1, drums=("folk_train",),
        chords="arp16", lead="dance", energy=0.58, valence=0.78,
        patches={**_FOLK.patches, "chords": ("banjo",), "lead": ("fiddle",)},
    ),
    replace(
        _FOLK, subgenre="Traditional Folk", tempo=(96, 132), minor=0.4, drums=("folk_waltz",),
        meters=(3,), chords="waltz", lead="dance", energy=0.35, valence=0.6,
        patches={**_FOLK.patches, "lead": ("fiddle", "clear_voice", "flute")},
    ),
    _METAL,
    replace(
        _METAL, subgenre="Thrash Metal", tempo=(168, 190), drums=("metal_double", "metal"),
        chords="gallop", energy=0.98, valence=0.22, loudness=-10.5,
    ),
    replace(
        _METAL, subgenre="Doom Metal", tempo=(66, 86), drums=("doom",), bass="pedal",
        chords="sustain", lead="long", energy=0.7, valence=0.12, loudness=-13.0, reverb=0.2,
    ),
)  # fmt: skip

RECIPES: dict[str, Recipe] = {recipe.subgenre: recipe for recipe in _ALL}
GENRES: tuple[str, ...] = tuple(dict.fromkeys(recipe.genre for recipe in _ALL))


def subgenres(genre: str) -> list[Recipe]:
    """The recipes of one genre, in their fixed order."""
    return [recipe for recipe in _ALL if recipe.genre == genre]
