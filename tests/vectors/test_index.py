import numpy as np
import pytest

from app.vectors import VectorIndex


def random_index(count: int = 500, dimension: int = 16) -> tuple[VectorIndex, np.ndarray]:
    vectors = np.random.default_rng(1).normal(size=(count, dimension)).astype(np.float32)
    return VectorIndex.build(np.arange(1000, 1000 + count), vectors), vectors


def test_a_vector_is_its_own_nearest_neighbor() -> None:
    index, vectors = random_index()
    ids, scores = index.search(vectors[42] * 7, 3)
    assert ids[0] == 1042
    assert scores[0] == pytest.approx(1, abs=1e-5)
    assert list(scores) == sorted(scores, reverse=True)


@pytest.mark.parametrize("share", [0.01, 0.5])
def test_a_filter_gives_the_best_among_the_allowed(share: float) -> None:
    """Few allowed ids are scanned, many go through the index's selector: same answer."""
    index, vectors = random_index()
    allowed = index.ids[:: int(1 / share)]
    ids, _ = index.search(vectors[7], 4, allowed)
    rows = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = rows[allowed - 1000] @ rows[7]
    assert list(ids) == list(allowed[np.argsort(-cosines)[:4]])


def test_saved_and_mapped_it_answers_the_same(tmp_path) -> None:
    index, vectors = random_index()
    index.save(tmp_path, "audio")
    mapped = VectorIndex.load(tmp_path, "audio")
    assert list(mapped.search(vectors[3], 10)[0]) == list(index.search(vectors[3], 10)[0])
    assert mapped.vector(1003) == pytest.approx(vectors[3] / np.linalg.norm(vectors[3]), abs=1e-5)
    assert mapped.vector(1) is None


def test_a_file_cut_short_is_an_error_not_a_wrong_answer(tmp_path) -> None:
    index, _ = random_index()
    index.save(tmp_path, "audio")
    file = tmp_path / "audio.faiss"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises((RuntimeError, OSError)):
        VectorIndex.load(tmp_path, "audio")


def test_nan_and_repeated_ids_are_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        VectorIndex.build(np.array([1]), np.array([[np.nan, 1]], dtype=np.float32))
    with pytest.raises(ValueError, match="twice"):
        VectorIndex.build(np.array([1, 1]), np.ones((2, 2), dtype=np.float32))


def test_an_empty_index_finds_nothing() -> None:
    index = VectorIndex.build(np.empty(0, np.int64), np.empty((0, 4), np.float32))
    assert len(index.search(np.ones(4, np.float32), 5)[0]) == 0
