"""Precision and recall of matching misspelt names to a catalog, by threshold; and its speed.

    python benchmarks/bench_matching.py [--data DIR] [--json FILE] [--errors]

Catalog: the tracks of the data set spotify_songs without 4,000 that are held out. Queries: 4,000
tracks of the catalog with one title word as a person misspelt it (Birkbeck and Aspell corpora) or
one random edit, 4,000 with an edit in the artist, and the 4,000 held-out tracks, both as they are
and misspelt: whatever those find is wrong. Precision counts every answer of fuzzy comparison.
"""

import argparse
import csv
import gzip
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from app.catalog import Matcher, WantedTrack, fold_name, fold_title
from app.catalog.matching import ARTIST_THRESHOLD, TITLE_THRESHOLD

EACH = 4_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def songs(data: Path) -> list[WantedTrack]:
    """Tracks with distinct folded artist and title, in a seeded random order."""
    found = {}
    with gzip.open(data / "spotify_songs" / "spotify_songs.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            artist, title = row["track_artist"], row["track_name"]
            if title:
                found.setdefault((fold_name(artist), fold_title(title)), WantedTrack(artist, title))
    ordered = list(found.values())
    random.Random(7).shuffle(ordered)
    return ordered


def misspellings(data: Path) -> dict[str, list[str]]:
    """What people wrote for a word."""
    found: dict[str, list[str]] = {}
    for name in ("missp.dat.gz", "aspell.dat.gz"):
        word = ""
        with gzip.open(data / "typos" / name, "rt", errors="replace") as file:
            for line in file:
                entry = line.strip().split(" ")[0].replace("_", " ")
                if entry.startswith("$"):
                    word = entry[1:].lower()
                elif entry.lower() != word:
                    found.setdefault(word, []).append(entry.lower())
    return found


def misspelt(text: str, known: dict[str, list[str]], dice: random.Random) -> str:
    """`text` with one word as somebody misspelt it, or else with one random edit."""
    words = text.split()
    candidates = [n for n, word in enumerate(words) if len(word) > 3 and word.lower() in known]
    if candidates:
        at = dice.choice(candidates)
        words[at] = dice.choice(known[words[at].lower()])
        return " ".join(words)
    at = dice.randrange(len(text))
    return dice.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + dice.choice(LETTERS) + text[at:],
            text[:at] + dice.choice(LETTERS) + text[at + 1 :],
            text[: max(at - 1, 0)] + text[at : at + 1] + text[max(at - 1, 0) : at] + text[at + 1 :],
        )
    )


def queries(
    there: list[WantedTrack], held_out: list[WantedTrack], known: dict[str, list[str]]
) -> Iterator[tuple[str, WantedTrack, WantedTrack | None]]:
    """(kind, what is asked, the right answer)."""
    dice = random.Random(8)
    for track in there[:EACH]:
        yield "title", track._replace(title=misspelt(track.title, known, dice)), track
    for track in there[EACH : 2 * EACH]:
        yield "artist", track._replace(artist=misspelt(track.artist, {}, dice)), track
    for track in held_out:
        yield "absent", track, None
        yield "absent", track._replace(title=misspelt(track.title, known, dice)), None


def measure(
    tracks: list[WantedTrack],
    asked: list[tuple[str, WantedTrack, WantedTrack | None]],
    **thresholds: float,
) -> dict[str, object]:
    """Counts at one pair of thresholds, in percent; `wrong` lists pairs (asked, found)."""
    matcher = Matcher(**thresholds)
    for number, track in enumerate(tracks):
        matcher.add(number, track)
    ids = {(fold_name(t.artist), fold_title(t.title)): n for n, t in enumerate(tracks)}
    matches = matcher.match(query for _, query, _ in asked)
    fuzzy = right = 0
    found = {"title": 0, "artist": 0}
    total = {"title": 0, "artist": 0}
    wrong = []
    for (kind, query, answer), match in zip(asked, matches, strict=True):
        correct = (
            answer is not None
            and match.track_id == ids[fold_name(answer.artist), fold_title(answer.title)]
        )
        if answer is not None and match.how != "exact":
            total[kind] += 1
            found[kind] += correct
        if match.how == "fuzzy":
            fuzzy += 1
            right += correct
            if not correct and match.track_id is not None:
                other = tracks[match.track_id]
                wrong.append(f"{query.artist} - {query.title} | {other.artist} - {other.title}")
    return {
        "precision": round(100 * right / max(fuzzy, 1), 2),
        "recall_title": round(100 * found["title"] / total["title"], 2),
        "recall_artist": round(100 * found["artist"] / total["artist"], 2),
        "fuzzy": fuzzy,
        "wrong": wrong,
    }


def main() -> None:
    """Print a table; with --errors also what was matched wrongly at the thresholds in force."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    default = os.environ.get("SEGUE_TEST_DATA", str(Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--errors", action="store_true")
    options = parser.parse_args()
    if not (options.data / "spotify_songs").is_dir():
        print(f"skipped: the data set spotify_songs is not at {options.data}")
        return
    every = songs(options.data)
    held_out, tracks = every[:EACH], every[EACH:]
    asked = list(queries(tracks, held_out, misspellings(options.data)))
    table = {}
    print("titles artists  precision  recall: title  artist   (percent)")
    for title in (70.0, 75.0, 80.0, 84.0, 88.0, 92.0):
        for artist in (70.0, 75.0, 80.0, 84.0) if title == TITLE_THRESHOLD else (ARTIST_THRESHOLD,):
            counts = measure(tracks, asked, title_threshold=title, artist_threshold=artist)
            wrong = counts.pop("wrong")
            table[f"{title:g}/{artist:g}"] = counts
            print(
                f"{title:6g} {artist:7g}  {counts['precision']:9}  {counts['recall_title']:13}"
                f"  {counts['recall_artist']:6}"
            )
            if options.errors and (title, artist) == (TITLE_THRESHOLD, ARTIST_THRESHOLD):
                print("\n".join(map(str, wrong)))
    start = time.perf_counter()
    matcher = Matcher()
    for number, track in enumerate(tracks):
        matcher.add(number, track)
    rows = [track._replace(title=track.title.upper()) for track in every] * 4
    fold_title.cache_clear()
    fold_name.cache_clear()
    loaded = time.perf_counter()
    matcher.match(rows[:100_000])
    took = time.perf_counter() - loaded
    table["seconds for 100,000 rows"] = round(took, 2)
    print(f"100,000 rows, 15 % of them not in the catalog: {took:.2f} s")
    print(f"filling the matcher with {len(tracks):,} tracks: {loaded - start:.2f} s")
    if options.json:
        options.json.write_text(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
