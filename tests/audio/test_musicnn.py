"""MusiCNN in torch: the published weights, the right spectrogram, sensible and stable tags."""

import itertools
import shutil
import sys

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from app.audio.decoding import decode
from app.inference import musicnn_weights
from app.inference.musicnn import PATCH_SAMPLES, SAMPLE_RATE, Musicnn, log_mel, patch_starts
from app.inference.musicnn_tags import MSD_TAGS, MTT_TAGS
from app.inference.musicnn_weights import WeightsUnavailable, load_weights
from tests.audio.sounds import noise, sine

needs_weights = pytest.mark.skipif(
    musicnn_weights.package_folder() is None, reason="the package musicnn is not installed"
)


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def network(models_dir):
    import torch

    torch.set_num_threads(1)  # as in a worker
    return Musicnn(models_dir)


@needs_weights
def test_the_checkpoint_is_read_without_tensorflow(models_dir):
    """Every variable of both networks, 792,081 numbers each, and TensorFlow stays out."""
    for weights in load_weights(models_dir).values():
        assert sum(array.size for array in weights.values()) == 792_079
        assert weights["conv2d_1/kernel"].shape == (7, 67, 1, 204)
        assert all(np.isfinite(array).all() for array in weights.values())
    assert "tensorflow" not in sys.modules


@needs_weights
def test_a_broken_archive_is_converted_again(tmp_path):
    """A disk that was full at the first use does not disable tags for ever."""
    fresh = load_weights(tmp_path)
    (archive,) = tmp_path.glob("*.npz")
    archive.write_bytes(archive.read_bytes()[:1000])
    again = load_weights(tmp_path)
    for head, variables in fresh.items():
        for name, array in variables.items():
            assert np.array_equal(array, again[head][name])
    assert [path.suffix for path in tmp_path.iterdir()] == [".npz"]


@needs_weights
def test_weights_that_are_not_the_published_ones_are_refused(tmp_path, monkeypatch):
    """The sha256 is checked before anything is believed."""
    folder = tmp_path / "musicnn"
    shutil.copytree(musicnn_weights.package_folder() / "MSD_musicnn", folder / "MSD_musicnn")
    data = folder / "MSD_musicnn" / ".data-00000-of-00001"
    content = bytearray(data.read_bytes())
    content[1000] ^= 1
    data.write_bytes(content)
    monkeypatch.setattr(musicnn_weights, "package_folder", lambda: folder)
    with pytest.raises(WeightsUnavailable, match="not the published file"):
        load_weights(tmp_path / "models")


def test_an_absent_package_is_said(tmp_path, monkeypatch):
    """The message names the command that mends it."""
    monkeypatch.setattr(musicnn_weights, "package_folder", lambda: None)
    with pytest.raises(WeightsUnavailable, match=r"pip install .*requirements-weights\.lock"):
        load_weights(tmp_path)


def test_the_spectrogram_is_essentias():
    """Parity with TensorflowInputMusiCNN, essentia's version of the training's front end."""
    import essentia.standard as essentia

    patch = sine(880, PATCH_SAMPLES / SAMPLE_RATE, SAMPLE_RATE) + noise(
        PATCH_SAMPLES / SAMPLE_RATE, rate=SAMPLE_RATE
    )
    padded = np.pad(patch, 256, mode="reflect")
    theirs = essentia.TensorflowInputMusiCNN()
    expected = np.array([theirs(padded[i * 256 : i * 256 + 512]) for i in range(187)])
    (found,) = log_mel(patch[None])
    assert found.shape == (187, 96)
    assert np.abs(found - expected).max() < 0.05
    assert np.abs(found - expected).mean() < 0.002


@needs_weights
def test_results_do_not_depend_on_the_run_or_on_neighbors(network):
    """The same sound gives the same numbers, and a mean over patches is a mean over patches."""
    patches = np.stack([noise(PATCH_SAMPLES / 16_000, seed, 16_000) for seed in range(3)])
    both = network.analyze(patches)
    assert np.array_equal(both.embedding, network.analyze(patches).embedding)
    alone = [network.analyze(patch[None]) for patch in patches]
    for name in ("embedding", "msd_tags", "mtt_tags"):
        mean = np.mean([getattr(one, name) for one in alone], axis=0)
        assert getattr(both, name) == pytest.approx(mean, abs=1e-5)
    assert both.embedding.shape == (200,)
    assert ((both.msd_tags >= 0) & (both.msd_tags <= 1)).all()
    assert both.patches == 3


@needs_weights
@pytest.mark.parametrize(
    ("clip", "network_name", "expected"),
    [
        ("librosa/sorohanro_-_solo-trumpet-06.hq.ogg", "msd", {"jazz"}),
        ("librosa/Karissa_Hobbs_-_Lets_Go_Fishin.hq.ogg", "msd", {"female vocalists"}),
        ("madmom/stereo_sample.flac", "mtt", {"piano", "slow"}),
        (
            "librosa/Hungarian_Dance_number_5_-_Allegro_in_F_sharp_minor_(string_orchestra).hq.ogg",
            "mtt",
            {"classical", "violin", "strings"},
        ),
    ],
)
def test_tags_of_real_clips(shared_data, network, clip, network_name, expected):
    """The first tags say what one hears."""
    sound = decode(shared_data / "audio" / clip)
    signal = soxr.resample(sound.mono(), sound.sample_rate, SAMPLE_RATE)
    starts = patch_starts(len(signal), 5)
    result = network.analyze(np.stack([signal[start : start + PATCH_SAMPLES] for start in starts]))
    tags, names = {"msd": (result.msd_tags, MSD_TAGS), "mtt": (result.mtt_tags, MTT_TAGS)}[
        network_name
    ]
    assert {names[i] for i in np.argsort(-tags)[: len(expected)]} == expected


@given(samples=st.integers(0, 10**8), count=st.integers(1, 20))
def test_patches_lie_inside_and_apart(samples, count):
    """At most `count`, in order, never overlapping, never past the end of what is long enough."""
    starts = patch_starts(samples, count)
    assert 1 <= len(starts) <= count
    assert starts[0] >= 0
    assert all(b - a >= PATCH_SAMPLES - 1 for a, b in itertools.pairwise(starts))
    if samples >= PATCH_SAMPLES:
        assert starts[-1] + PATCH_SAMPLES <= samples
