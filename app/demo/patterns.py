"""Drum patterns, forms and melodic rhythms: the idioms that recipes choose from.

A drum pattern gives each drum one bar on a grid of sixteenths: `X` accent, `x` normal, `o` ghost.
Patterns of 12 steps are in 3/4.
"""

VELOCITY = {"X": 1.0, "x": 0.75, "o": 0.4}

DRUMS: dict[str, dict[str, str]] = {
    "rock": {"kick": "X.....x.X.......", "snare": "....X.......X...", "hat": "X.x.X.x.X.x.X.x."},
    "rock_busy": {
        "kick": "X..x..x.X.x...x.",
        "snare": "....X..o....X..o",
        "hat": "X.x.X.x.X.x.X.x.",
    },
    "rock_drive": {
        "kick": "X...X...X...X...",
        "snare": "....X.......X...",
        "hat": "XxxxXxxxXxxxXxxx",
    },
    "rock_half": {
        "kick": "X.......x.x.....",
        "snare": "........X.......",
        "ride": "X...x...X...x...",
    },
    "blues": {"kick": "X.......X.......", "snare": "....X.......X...", "ride": "X.x.X.x.X.x.X.x."},
    "four_floor": {
        "kick": "X...X...X...X...",
        "clap": "....X.......X...",
        "hat": "o.X.o.X.o.X.o.X.",
        "shaker": "xoxoxoxoxoxoxoxo",
    },
    "four_open": {
        "kick": "X...X...X...X...",
        "clap": "....X.......X..o",
        "hat": "xxoxxxoxxxoxxxox",
        "open": "..X...X...X...X.",
    },
    "techno": {
        "kick": "X...X...X...X...",
        "rim": "...x..x....x..x.",
        "hat": "..X...X...X...X.",
        "shaker": "xxxxxxxxxxxxxxxx",
    },
    "synthwave": {
        "kick": "X...X...X...X...",
        "snare": "....X.......X...",
        "hat": "x.x.x.x.x.x.x.x.",
    },
    "breaks": {"kick": "X.........X.....", "snare": "....X..o.o..X..o", "hat": "X.x.X.x.X.x.X.x."},
    "swing": {"ride": "X...X.x.X...X.x.", "foot": "....X.......X...", "kick": "o.......o......."},
    "swing_brush": {
        "brush": "X...X.x.X...X.x.",
        "foot": "....x.......x...",
        "kick": "o...............",
    },
    "bossa": {"kick": "X.....xXX.....xX", "rim": "X.....x.....x...", "hat": "X.x.X.x.X.x.X.x."},
    "boom_bap": {
        "kick": "X......xX.x.....",
        "snare": "....X.......X...",
        "hat": "X.x.X.x.X.x.X.x.",
    },
    "boom_lazy": {
        "kick": "X..x......X..x..",
        "snare": "....X.......X..o",
        "hat": "X.x.X.xoX.x.X.x.",
    },
    "trap": {"kick": "X......x..X.....", "snare": "........X.......", "hat": "X.x.X.x.X.xxX.xx"},
    "lofi": {"kick": "X.....x...x.....", "snare": "....x.......x...", "hat": "x.o.x.o.x.o.x.o."},
    "folk_stomp": {
        "kick": "X.......X.......",
        "snare": "....x.......x...",
        "shaker": "x.o.X.o.x.o.X.o.",
    },
    "folk_train": {"brush": "x.oxX.oxx.oxX.ox", "kick": "X.......X......."},
    "folk_waltz": {"kick": "X...........", "shaker": "x.o.X.o.X.o."},
    "metal": {"kick": "X.x.X.x.X.x.X.x.", "snare": "....X.......X...", "hat": "X...X...X...X..."},
    "metal_gallop": {
        "kick": "X.xxX.xxX.xxX.xx",
        "snare": "....X.......X...",
        "ride": "X...X...X...X...",
    },
    "metal_double": {
        "kick": "xxxxxxxxxxxxxxxx",
        "snare": "....X.......X...",
        "crash": "X...x...x...x...",
    },
    "doom": {"kick": "X.....x.X.......", "snare": "........X.......", "crash": "X...x...X...x..."},
    "pulse": {"soft": "X.......x......."},
    "pulse_four": {"soft": "X...x...x...x...", "shaker": "..o...o...o...o."},
}

FILL = {"snare": "x.xxX.xx", "tom_high": "X.x.....", "tom_low": "....X.xx"}

FORMS: dict[str, tuple[tuple[str, float, float], ...]] = {
    # label, relative length, intensity
    "song": (
        ("intro", 1, 0.4),
        ("verse", 2, 0.6),
        ("chorus", 2, 0.9),
        ("verse", 2, 0.65),
        ("chorus", 2, 0.95),
        ("bridge", 1, 0.5),
        ("chorus", 2, 1.0),
        ("outro", 1, 0.45),
    ),
    "club": (
        ("intro", 2, 0.5),
        ("build", 2, 0.65),
        ("drop", 4, 1.0),
        ("break", 2, 0.35),
        ("build", 1, 0.7),
        ("drop", 4, 1.0),
        ("outro", 2, 0.5),
    ),
    "choruses": (
        ("head", 4, 0.65),
        ("solo", 4, 0.8),
        ("solo", 4, 0.9),
        ("head", 4, 0.7),
        ("coda", 1, 0.45),
    ),
    "rondo": (
        ("theme", 2, 0.5),
        ("theme", 2, 0.6),
        ("episode", 2, 0.8),
        ("theme", 2, 0.55),
        ("development", 2, 0.95),
        ("theme", 2, 0.7),
        ("coda", 1, 0.4),
    ),
    "swell": (
        ("emergence", 2, 0.4),
        ("drift", 3, 0.55),
        ("swell", 3, 0.9),
        ("drift", 2, 0.6),
        ("fade", 2, 0.4),
    ),
    "rap": (
        ("intro", 1, 0.4),
        ("verse", 4, 0.75),
        ("hook", 2, 0.95),
        ("verse", 4, 0.8),
        ("hook", 2, 1.0),
        ("outro", 1, 0.5),
    ),
    "heavy": (
        ("intro", 1, 0.7),
        ("riff", 2, 0.9),
        ("verse", 2, 0.8),
        ("chorus", 2, 1.0),
        ("breakdown", 2, 0.75),
        ("solo", 2, 0.95),
        ("chorus", 2, 1.0),
        ("outro", 1, 0.8),
    ),
}

# One bar each: (start, length) in sixteenths.
CELLS: dict[str, tuple[tuple[tuple[int, int], ...], ...]] = {
    "song": (
        ((0, 4), (4, 2), (6, 2), (8, 6)),
        ((2, 2), (4, 4), (8, 2), (10, 2), (12, 4)),
        ((0, 6), (6, 2), (8, 8)),
        ((0, 2), (2, 2), (4, 2), (6, 4), (12, 4)),
    ),
    "long": (((0, 8), (8, 8)), ((0, 12), (12, 4)), ((0, 16),), ((4, 12),)),
    "bop": (
        ((0, 2), (2, 2), (4, 2), (6, 2), (8, 2), (10, 2), (12, 2), (14, 2)),
        ((2, 2), (4, 2), (6, 2), (8, 4), (14, 2)),
        ((0, 4), (6, 2), (8, 2), (10, 4)),
        ((0, 2), (2, 4), (8, 2), (10, 2), (12, 4)),
    ),
    "riff": (
        ((0, 2), (3, 1), (4, 2), (6, 2), (8, 2), (11, 1), (12, 4)),
        ((0, 1), (1, 1), (2, 2), (4, 2), (8, 1), (9, 1), (10, 2), (12, 2), (14, 2)),
        ((0, 2), (2, 2), (4, 4), (8, 2), (10, 2), (12, 2), (14, 2)),
    ),
    "sequence": (
        tuple((i, 1) for i in range(16)),
        tuple((i, 1) for i in (0, 2, 3, 5, 6, 8, 10, 11, 13, 14)),
        tuple((i, 2) for i in range(0, 16, 2)),
    ),
    "dance": (
        ((0, 2), (2, 2), (4, 4), (8, 2), (10, 2), (12, 4)),
        ((0, 4), (4, 4), (8, 4), (12, 4)),
        ((0, 6), (6, 2), (8, 4), (12, 2), (14, 2)),
    ),
    "rap": (
        ((0, 2), (2, 1), (3, 1), (4, 2), (6, 2), (8, 2), (10, 1), (11, 1), (12, 3)),
        ((1, 1), (2, 2), (4, 1), (5, 1), (6, 2), (8, 2), (10, 2), (12, 2)),
        ((0, 1), (1, 1), (2, 2), (5, 1), (6, 2), (8, 2), (11, 1), (12, 2), (14, 2)),
    ),
}
