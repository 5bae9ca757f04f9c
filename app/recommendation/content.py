"""What a track sounds like and is called, as one vector: the base of content neighbors."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_MOST_WORDS = 512
_WORDS_WEIGHT = 0.5
_CIRCULAR = 12  # keys go around: C is next to B


def content_vectors(
    size: int,
    embeddings: tuple[NDArray[np.int64], Floats] | None,
    features: tuple[NDArray[np.int64], Floats, Sequence[str]] | None,
    words: Sequence[Sequence[str]],
) -> tuple[Floats, list[str]]:
    """One vector a track, shape=(size, d) float32, and what it is made of.

    `embeddings` are (positions of tracks, vectors), `features` (positions, matrix with NaN, column
    names), `words` genres and tags per track. Sound is the embedding where tracks have one, else
    the standardized features; words are an indicator of the most frequent ones, each scaled by its
    rarity. Both blocks have length 1, so that a cosine is a weighted mean of two cosines. A track
    of which nothing is known is a zero vector: near to nothing.
    """
    blocks: list[Floats] = []
    made_of: list[str] = []
    if embeddings is not None and len(embeddings[0]):
        blocks.append(_spread(size, embeddings[0], _standardized(embeddings[1])))
        made_of.append("sound embeddings")
    elif features is not None and len(features[0]):
        blocks.append(_spread(size, features[0], _feature_block(features[1], features[2])))
        made_of.append("audio features")
    named = _word_block(words)
    if named is not None:
        blocks.append(_unit(named) * (_WORDS_WEIGHT if blocks else 1.0))
        made_of.append("genres and tags")
    if not blocks:
        return np.zeros((size, 1), dtype=np.float32), made_of
    return np.concatenate(blocks, axis=1).astype(np.float32), made_of


def _spread(size: int, positions: NDArray[np.int64], rows: Floats) -> Floats:
    block = np.zeros((size, rows.shape[1]), dtype=np.float32)
    block[positions] = _unit(rows)
    return block


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def _standardized(matrix: Floats) -> Floats:
    """Columns with mean 0 and deviation 1; NaN and infinities become the mean, 0."""
    clean = np.where(np.isfinite(matrix), matrix, np.nan)
    known = np.isfinite(clean).any(axis=0)
    clean = clean[:, known].astype(np.float64)
    if clean.shape[1] == 0:
        return np.zeros((len(matrix), 1), dtype=np.float32)
    mean = np.nanmean(clean, axis=0)
    deviation = np.nanstd(clean, axis=0)
    scaled = (clean - mean) / np.where(deviation > 1e-9, deviation, 1)
    return np.asarray(np.nan_to_num(scaled, nan=0.0), dtype=np.float32)


def _feature_block(matrix: Floats, names: Sequence[str]) -> Floats:
    columns: list[Floats] = []
    for index, name in enumerate(names):
        column = matrix[:, index]
        if name == "key":
            angle = np.where(column >= 0, column, np.nan) * (2 * np.pi / _CIRCULAR)
            columns += [np.sin(angle), np.cos(angle)]
        elif name == "tempo":
            columns.append(np.log2(np.where(column > 0, column, np.nan)))
        elif name not in ("duration_ms", "tempo_confidence", "key_confidence"):
            columns.append(column)
    return _standardized(np.stack(columns, axis=1).astype(np.float32))


def _word_block(words: Sequence[Sequence[str]]) -> Floats | None:
    counts = Counter(word for row in words for word in set(row))
    vocabulary = [
        word
        for word, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        if 2 <= count < len(words)
    ][:_MOST_WORDS]
    if not vocabulary:
        return None
    column = {word: index for index, word in enumerate(vocabulary)}
    block = np.zeros((len(words), len(vocabulary)), dtype=np.float32)
    for row, said in enumerate(words):
        for word in said:
            if word in column:
                block[row, column[word]] = np.log(len(words) / counts[word])
    return block
