"""The sentence model: right vectors, loaded off the loop, and honest when it cannot load."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from app.errors import Unavailable
from app.inference import SentenceModel, SentenceService, load_sentence_model
from app.settings import Settings


@pytest.fixture(scope="module")
def model() -> SentenceModel:
    return load_sentence_model(Settings(_env_file=None))


def test_vectors_are_normalized_and_meaning_is_near_meaning(model: SentenceModel):
    texts = ["a calm piano piece", "quiet music on a piano", "an angry metal band"]
    vectors = model.encode(texts)
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.6 > vectors[0] @ vectors[2]


def test_padding_does_not_change_a_vector(model: SentenceModel):
    """The mean is taken over a text's own tokens, not over what pads it to its neighbors."""
    alone = model.encode(["This is an example sentence"])[0]
    beside_a_long_one = model.encode(["This is an example sentence", "word " * 150])[0]
    np.testing.assert_allclose(alone, beside_a_long_one, atol=1e-5)


def test_order_is_kept_and_progress_told(model: SentenceModel):
    texts = [f"{'very ' * (index % 7)}short text {index}" for index in range(100)]
    told: list[int] = []
    vectors = model.encode(texts, told.append)
    assert told == [64, 100]
    np.testing.assert_allclose(vectors[41], model.encode([texts[41]])[0], atol=1e-5)


def test_odd_texts_have_finite_vectors(model: SentenceModel):
    odd = ["", " ", "\x00", "🎵🎶", "שלום עולם", "a" * 5000]
    assert np.isfinite(model.encode(odd)).all()
    assert model.encode([]).shape == (0, 384)


def test_a_model_that_is_not_there_is_named(tmp_path: Path):
    settings = Settings(text_model=str(tmp_path / "nowhere"), _env_file=None)
    with pytest.raises(Unavailable, match="nowhere"):
        load_sentence_model(settings)


async def test_the_loop_answers_while_the_model_loads():
    """A server must go on answering: no gap in the loop as long as the load itself."""
    service = SentenceService(Settings(_env_file=None))
    service.start()
    with pytest.raises(Unavailable, match="still loading"):
        await service.embed("too early", load_wait_s=0)
    vectors = await asyncio.gather(*(service.embed(f"text {n}") for n in range(20)))
    assert {vector.shape for vector in vectors} == {(384,)}
    await service.close()


async def test_a_service_without_a_model_says_why(tmp_path: Path):
    service = SentenceService(Settings(text_model=str(tmp_path / "nowhere"), _env_file=None))
    with pytest.raises(Unavailable, match="nowhere"):
        await service.embed("anything")
    assert service.problem is not None
    await service.close()
