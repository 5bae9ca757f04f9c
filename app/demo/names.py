"""Made-up artists, and words from which titles and album titles are built."""

import numpy as np

ARTISTS: dict[str, tuple[str, ...]] = {
    "Rock": (
        "Paper Lanterns",
        "The Idle Tides",
        "Copper Avenue",
        "Grand Detour",
        "Velvet Junction",
        "The Salt Motels",
    ),
    "Electronic": (
        "Neon Cartography",
        "Lumen Drift",
        "Octave Circuit",
        "Pixel Harbor",
        "Kilo Meridian",
        "Static Orchard",
    ),
    "Jazz": (
        "Ida Marlowe Trio",
        "Bluewater Quartet",
        "Otto Fenn",
        "The Late Platform",
        "Cass Holloway",
        "Six Bell Sextet",
    ),
    "Classical": (
        "Aurel Vantino",
        "Linden Chamber Players",
        "Mirela Oszko",
        "Northgate Strings",
        "Teodor Hasselby",
        "Camerata Ostrava Nova",
    ),
    "Ambient": (
        "Glacier Choir",
        "Soft Machines of Weather",
        "Halcyon Delta",
        "Slow Lighthouse",
        "Moss Signal",
        "Tidal Archive",
    ),
    "Hip Hop": (
        "Verse Merchant",
        "Brick & Lantern",
        "DJ Low Ceiling",
        "Quarter Past Gold",
        "Sable Cipher",
        "Northside Almanac",
    ),
    "Folk": (
        "Hazel & Wren",
        "The Barley Road",
        "Silas Thornbury",
        "Maeve Ashdown",
        "Rivergate Singers",
        "The Tin Kettles",
    ),
    "Metal": (
        "Iron Vesper",
        "Obsidian Herald",
        "Cinderforge",
        "Wraith Parallel",
        "Hollow Bastion",
        "Thornmaul",
    ),
}

FIRST: dict[str, tuple[str, ...]] = {
    "Rock": ("Broken", "Electric", "Runaway", "Golden", "Restless", "Sunset", "Crooked", "Loud"),
    "Electronic": ("Neon", "Digital", "Parallel", "Infrared", "Binary", "Chrome", "Phase", "Solar"),
    "Jazz": ("Blue", "Midnight", "Lazy", "Velvet", "Autumn", "Uptown", "Smoky", "Second"),
    "Classical": ("Quiet", "Little", "Winter", "Spring", "Solemn", "Pastoral", "Ancient", "Bright"),
    "Ambient": ("Distant", "Slow", "Drifting", "Pale", "Weightless", "Northern", "Silver", "Still"),
    "Hip Hop": ("Corner", "Concrete", "Gold", "Dusty", "Late", "Heavy", "Real", "Basement"),
    "Folk": ("Old", "Wandering", "Willow", "Harvest", "River", "Faithful", "Green", "Lonesome"),
    "Metal": ("Black", "Iron", "Burning", "Fallen", "Eternal", "Savage", "Ashen", "Crimson"),
}

SECOND: dict[str, tuple[str, ...]] = {
    "Rock": ("Highway", "Radio", "Hearts", "Summer", "Mirror", "Avenue", "Signal", "Parade"),
    "Electronic": ("Skyline", "Motion", "Circuit", "Pulse", "Horizon", "Memory", "Arcade", "Grid"),
    "Jazz": ("Corner", "Stroll", "Rain", "Serenade", "Alley", "Bossa", "Waltz", "Encore"),
    "Classical": ("Prelude", "Nocturne", "Minuet", "Aria", "Sonatina", "Dance", "Elegy", "Rondo"),
    "Ambient": ("Shoreline", "Aurora", "Snowfield", "Orbit", "Breath", "Tundra", "Haze", "Lagoon"),
    "Hip Hop": ("Blocks", "Hours", "Ledger", "Loops", "Vision", "Stories", "Shift", "Tape"),
    "Folk": ("Valley", "Lullaby", "Orchard", "Ferry", "Hearth", "Meadow", "Ballad", "Stone"),
    "Metal": ("Throne", "Ruin", "Storm", "Covenant", "Serpent", "Abyss", "Crown", "Siege"),
}

ALBUM_PATTERNS = (
    "{second} Sessions",
    "The {first} {second}",
    "{second}s & {second2}s",
    "{first} Days",
)


def titles(genre: str, count: int, rng: np.random.Generator) -> list[str]:
    """`count` distinct titles of a genre (at most 64: one for each pair of its words)."""
    pairs = [f"{a} {b}" for a in FIRST[genre] for b in SECOND[genre]]
    return [pairs[i] for i in rng.permutation(len(pairs))[:count]]


def album_titles(genre: str, count: int, rng: np.random.Generator) -> list[str]:
    """`count` distinct album titles of a genre."""
    found: list[str] = []
    while len(found) < count:
        second, other = rng.choice(SECOND[genre], 2, replace=False)
        title = str(rng.choice(ALBUM_PATTERNS)).format(
            first=rng.choice(FIRST[genre]), second=second, second2=other
        )
        if title not in found:
            found.append(title)
    return found
