"""The plan of the demo catalogue: artists, albums, and every piece with its known truth.

Nothing here makes sound: a plan is ready in milliseconds, and a piece is rendered from its plan
alone.
"""

from dataclasses import dataclass

import numpy as np

from app.demo.genres import GENRES, RECIPES, Recipe, subgenres
from app.demo.names import ARTISTS, album_titles, titles
from app.demo.patterns import FORMS
from app.demo.randomness import generator

PIECES_PER_GENRE = 27
DURATION_RANGE_S = (84.0, 128.0)
TAIL_S = 2.5
COMMENT = "Segue demo, synthesized"


@dataclass(frozen=True)
class ArtistStyle:
    """What an artist keeps from piece to piece: the instruments and the hands that play them.

    patches: (role, patch) pairs, roles being bass, chords, pad, lead. tonics: favorite pitch
    classes. brightness: factor on the spectra, about .8..1.25. tempo_place: where in the
    sub-genre's tempo range the artist is at home, 0..1.
    """

    name: str
    genre: str
    subgenre: str
    patches: tuple[tuple[str, str], ...]
    kit: str
    tonics: tuple[int, ...]
    minor: float
    tempo_place: float
    swing: float
    brightness: float
    reverb: float
    valence: float


@dataclass(frozen=True)
class Section:
    """One section: label, start and end in seconds, its bars, and intensity 0..1."""

    label: str
    start_s: float
    end_s: float
    bars: int
    intensity: float


@dataclass(frozen=True)
class DemoPiece:
    """A planned piece with its truth.

    tempo_bpm: quarter notes a minute, constant. key: pitch class of the tonic, 0 = C .. 11 = B.
    mode: 1 major, 0 minor. time_signature: quarter notes a bar. duration_s: seconds of audio.
    energy, valence, danceability, acousticness: the intended character, 0..1.
    """

    id: str
    title: str
    artist: str
    album: str
    genre: str
    subgenre: str
    tags: tuple[str, ...]
    tempo_bpm: float
    key: int
    mode: int
    time_signature: int
    duration_s: float
    sections: tuple[Section, ...]
    instruments: tuple[str, ...]
    energy: float
    valence: float
    danceability: float
    acousticness: float
    file_name: str
    disc_number: int
    track_number: int
    release_year: int
    seed: int
    style: ArtistStyle


def plan_artist(name: str, recipe: Recipe, seed: int) -> ArtistStyle:
    """The settings of one artist, drawn from the sub-genre's recipe."""
    rng = generator(seed, "artist", name)
    patches = tuple((role, str(rng.choice(options))) for role, options in recipe.patches.items())
    return ArtistStyle(
        name=name,
        genre=recipe.genre,
        subgenre=recipe.subgenre,
        patches=patches,
        kit=str(rng.choice(recipe.kits)),
        tonics=tuple(int(k) for k in rng.choice(12, 4, replace=False)),
        minor=float(np.clip(recipe.minor + rng.uniform(-0.2, 0.2), 0, 1)),
        tempo_place=float(rng.uniform(0.15, 0.85)),
        swing=recipe.swing,
        brightness=float(rng.uniform(0.8, 1.25)),
        reverb=float(recipe.reverb * rng.uniform(0.8, 1.25)),
        valence=float(rng.uniform(-0.1, 0.1)),
    )


def plan_sections(form: str, bar_s: float, target_s: float) -> tuple[Section, ...]:
    """Sections of whole bars (even in number) whose lengths together come near `target_s`."""
    shape = FORMS[form]
    unit = target_s / bar_s / sum(length for _, length, _ in shape)
    bars = [max(2, 2 * round(length * unit / 2)) for _, length, _ in shape]
    longest = max(range(len(shape)), key=lambda i: (shape[i][1], i))
    missing = round((target_s / bar_s - sum(bars)) / 2) * 2
    bars[longest] = max(2, bars[longest] + missing)
    sections: list[Section] = []
    start = 0
    for (label, _, intensity), count in zip(shape, bars, strict=True):
        end = start + count
        sections.append(
            Section(label, round(start * bar_s, 4), round(end * bar_s, 4), count, intensity)
        )
        start = end
    return tuple(sections)


def moods(energy: float, valence: float) -> tuple[str, ...]:
    """Mood words from the quadrant of Russell's circumplex (1980), and the calmer shades of it."""
    if energy >= 0.6:
        words = [
            "energetic",
            "happy" if valence >= 0.52 else "angry" if valence < 0.4 else "driving",
        ]
    elif energy >= 0.35:
        words = (
            ["happy", "relaxed"] if valence >= 0.55 else ["romantic" if valence >= 0.4 else "sad"]
        )
    else:
        words = ["calm", "relaxed" if valence >= 0.5 else "sad" if valence < 0.4 else "romantic"]
        if energy < 0.25:
            words.append("focused")
    return tuple(words)


def plan_piece(
    *,
    number: int,
    title: str,
    album: tuple[str, int, int],
    style: ArtistStyle,
    target_s: float,
    seed: int,
) -> DemoPiece:
    """Settle everything that is known about one piece before it is composed.

    album: its title, the year, and this piece's track number on it.
    """
    recipe = RECIPES[style.subgenre]
    piece_id = f"demo-{number:04d}"
    rng = generator(seed, "piece", piece_id)
    place = float(np.clip(style.tempo_place + rng.normal(0, 0.2), 0, 1))
    tempo = round(recipe.tempo[0] + place * (recipe.tempo[1] - recipe.tempo[0]), 1)
    meter = int(rng.choice(recipe.meters))
    mode = int(rng.random() >= style.minor)
    sections = plan_sections(recipe.form, meter * 60 / tempo, target_s)
    energy = float(np.clip(recipe.energy + 0.12 * (place - 0.5) + rng.normal(0, 0.05), 0.02, 0.99))
    valence = recipe.valence + style.valence + (0.12 if mode else -0.1) + rng.normal(0, 0.05)
    valence = float(np.clip(valence, 0.02, 0.98))
    drums = (f"{style.kit} drums",) if recipe.drums else ()
    played = tuple(dict.fromkeys(p.replace("_", " ") for _, p in style.patches))
    return DemoPiece(
        id=piece_id,
        title=title,
        artist=style.name,
        album=album[0],
        genre=style.genre,
        subgenre=style.subgenre,
        tags=(style.subgenre.lower(), *moods(energy, valence), *played),
        tempo_bpm=tempo,
        key=int(rng.choice(style.tonics)),
        mode=mode,
        time_signature=meter,
        duration_s=round(sections[-1].end_s + TAIL_S, 3),
        sections=sections,
        instruments=drums + played,
        energy=round(energy, 3),
        valence=round(valence, 3),
        danceability=round(float(np.clip(recipe.danceability + rng.normal(0, 0.05), 0, 1)), 3),
        acousticness=round(float(np.clip(recipe.acousticness + rng.normal(0, 0.03), 0, 1)), 3),
        file_name=f"{piece_id}.ogg",
        disc_number=1,
        track_number=album[2],
        release_year=album[1],
        seed=seed,
        style=style,
    )


def plan_genre(genre: str, first_number: int, seed: int) -> list[DemoPiece]:
    """The pieces of one genre, artist by artist, album by album."""
    rng = generator(seed, "genre", genre)
    low, high = DURATION_RANGE_S
    targets = rng.permutation(np.linspace(low, high, PIECES_PER_GENRE)) - TAIL_S
    names = titles(genre, PIECES_PER_GENRE, rng)
    recipes = subgenres(genre)
    artists = ARTISTS[genre]
    albums = album_titles(genre, 2 * len(artists), rng)
    shares = np.diff(np.linspace(0, PIECES_PER_GENRE, len(artists) + 1).round().astype(int))
    pieces: list[DemoPiece] = []
    for index, (artist, share) in enumerate(zip(artists, shares, strict=True)):
        style = plan_artist(artist, recipes[index % len(recipes)], seed)
        years = sorted(int(y) for y in rng.choice(np.arange(1998, 2026), 2, replace=False))
        for place in range(int(share)):
            side, track = (0, place + 1) if place < share // 2 else (1, place - share // 2 + 1)
            album = (albums[2 * index + side], years[side], int(track))
            done = len(pieces)
            pieces.append(
                plan_piece(
                    number=first_number + done,
                    title=names[done],
                    album=album,
                    style=style,
                    target_s=float(targets[done]),
                    seed=seed,
                )
            )
    return pieces


def plan_catalog(seed: int = 7) -> list[DemoPiece]:
    """All 216 pieces of the demo, 27 in each of 8 genres; the same for the same seed."""
    pieces: list[DemoPiece] = []
    for genre in GENRES:
        pieces += plan_genre(genre, len(pieces) + 1, seed)
    return pieces
