"""MusiCNN: tags and embeddings of music, from three-second patches of its mel spectrogram.

Follows Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio
tagging" (ISMIR 2019 late-breaking), as the published TensorFlow code builds it: a musically
motivated front end (timbral and temporal filters of several shapes), three residual convolutions,
pooling over time, a dense layer of 200 units (the embedding) and 50 sigmoid tags. Two sets of
weights: MSD (Million Song Dataset, Last.fm tags) and MTT (MagnaTagATune).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from app.inference.musicnn_weights import Weights, load_weights

SAMPLE_RATE = 16_000
PATCH_FRAMES = 187
EMBEDDING_SIZE = 200

_FFT_SIZE = 512
_HOP = 256
_MEL_BANDS = 96
PATCH_SAMPLES = (PATCH_FRAMES - 1) * _HOP


@dataclass(frozen=True)
class MusicnnResult:
    """What MusiCNN says of one recording.

    embedding: float32, shape (200,), mean over the patches of the MSD network's dense layer.
    msd_tags, mtt_tags: float32, shape (50,), the order is musicnn_tags.MSD_TAGS' and MTT_TAGS': the
    mean over the patches of the probability that a listener would give the recording that tag.
    patches: how many patches were looked at.
    """

    embedding: NDArray[np.float32]
    msd_tags: NDArray[np.float32]
    mtt_tags: NDArray[np.float32]
    patches: int


class Musicnn:
    """Both networks, ready to run on one device."""

    def __init__(self, models_folder: Path, device: str = "cpu") -> None:
        """Load (and at the first use convert) the weights; raises WeightsUnavailable."""
        weights = load_weights(models_folder)
        self._msd = _Network(weights["msd"], device)
        self._mtt = _Network(weights["mtt"], device)
        self._device = device

    @torch.inference_mode()
    def analyze(self, patches: NDArray[np.float32]) -> MusicnnResult:
        """Tags and embedding of `patches`: float32, shape (n, PATCH_SAMPLES), mono at 16 kHz."""
        spectrograms = torch.from_numpy(log_mel(patches)).to(self._device)
        # One patch at a time: the front end's activations of a patch (9 MB) stay in the cache.
        msd = [self._msd(patch[None]) for patch in spectrograms]
        mtt = [self._mtt(patch[None]) for patch in spectrograms]
        return MusicnnResult(
            embedding=_mean([embedding for embedding, _ in msd]),
            msd_tags=_mean([torch.sigmoid(logits) for _, logits in msd]),
            mtt_tags=_mean([torch.sigmoid(logits) for _, logits in mtt]),
            patches=len(patches),
        )


def patch_starts(samples: int, count: int) -> list[int]:
    """First samples of at most `count` evenly spaced patches in `samples` samples at 16 kHz.

    The patches are centered in `count` equal parts of the recording and never overlap; one that is
    shorter than a patch gives one start, 0, and has to be padded by its reader.
    """
    count = max(1, min(count, samples // PATCH_SAMPLES))
    part = samples / count
    return [max(0, int((i + 0.5) * part - PATCH_SAMPLES / 2)) for i in range(count)]


def log_mel(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """log10(1 + 10000 m) of the mel power spectrum m, shape (n, PATCH_FRAMES, 96), float32.

    `patches` is float32 of shape (n, PATCH_SAMPLES). Frames are centered, with the signal mirrored
    at its ends, as in librosa's melspectrogram, on which the networks were trained.
    """
    padded = np.pad(patches, ((0, 0), (_FFT_SIZE // 2, _FFT_SIZE // 2)), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT_SIZE, axis=1)[:, ::_HOP]
    window = torch.hann_window(_FFT_SIZE, periodic=True)
    spectrum = torch.fft.rfft(torch.from_numpy(frames.copy()) * window)
    power = spectrum.real.square() + spectrum.imag.square()
    mel = power @ torch.from_numpy(mel_filters().T.copy())
    compressed: NDArray[np.float32] = torch.log10(1 + 10_000 * mel).numpy()
    return compressed


@lru_cache(maxsize=1)
def mel_filters() -> NDArray[np.float32]:
    """Slaney's mel filter bank, shape (96, 257): triangles of equal area from 0 to 8,000 Hz."""
    points = _mel_to_hertz(np.linspace(0.0, _hertz_to_mel(SAMPLE_RATE / 2), _MEL_BANDS + 2))
    bins = np.linspace(0.0, SAMPLE_RATE / 2, _FFT_SIZE // 2 + 1)
    widths = np.diff(points)
    ramps = points[:, None] - bins[None, :]
    rising = -ramps[:-2] / widths[:-1, None]
    falling = ramps[2:] / widths[1:, None]
    area = 2.0 / (points[2:] - points[:-2])
    filters = np.maximum(0.0, np.minimum(rising, falling)) * area[:, None]
    bank: NDArray[np.float32] = filters.astype(np.float32)
    return bank


_LINEAR_STEP = 200.0 / 3  # hertz per mel below 1 kHz
_LOG_STEP = np.log(6.4) / 27.0  # above it


def _hertz_to_mel(hertz: float) -> float:
    return 1000.0 / _LINEAR_STEP + float(np.log(hertz / 1000.0) / _LOG_STEP)


def _mel_to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = 1000.0 / _LINEAR_STEP
    return np.where(mel < knee, mel * _LINEAR_STEP, 1000.0 * np.exp(_LOG_STEP * (mel - knee)))


def _mean(rows: list[Tensor]) -> NDArray[np.float32]:
    mean: NDArray[np.float32] = torch.cat(rows).mean(0).cpu().numpy()
    return mean


class _Network:
    """One set of weights; called with (n, PATCH_FRAMES, 96) it gives embeddings and logits."""

    def __init__(self, weights: Weights, device: str) -> None:
        def tensor(name: str) -> Tensor:
            return torch.from_numpy(weights[name]).to(device)

        def kernel(number: int) -> Tensor:  # TensorFlow's (h, w, in, out) to (out, in, h, w)
            name = f"conv2d_{number}" if number else "conv2d"
            return tensor(f"{name}/kernel").permute(3, 2, 0, 1).contiguous()

        def bias(number: int) -> Tensor:
            return tensor(f"conv2d_{number}/bias" if number else "conv2d/bias")

        def norm(number: int) -> tuple[Tensor, Tensor]:
            """Batch normalization as (scale, shift)."""
            name = f"batch_normalization_{number}" if number else "batch_normalization"
            deviation = torch.sqrt(tensor(f"{name}/moving_variance") + 1e-3)
            scale = tensor(f"{name}/gamma") / deviation
            return scale, tensor(f"{name}/beta") - tensor(f"{name}/moving_mean") * scale

        self._kernels = [kernel(i) for i in range(8)]
        self._biases = [bias(i) for i in range(8)]
        self._norms = [norm(i) for i in range(11)]
        self._dense = tensor("dense/kernel").T.contiguous(), tensor("dense/bias")
        self._tags = tensor("dense_1/kernel").T.contiguous(), tensor("dense_1/bias")

    def __call__(self, spectrograms: Tensor) -> tuple[Tensor, Tensor]:
        scale, shift = self._norms[0]
        x = (spectrograms * scale + shift)[:, None]  # (n, 1, time, mel)
        front = torch.cat([self._front(x, i) for i in range(5)], dim=1)  # (n, 561, time)
        first = self._middle(front, 5)
        second = self._middle(first, 6) + first
        third = self._middle(second, 7) + second
        features = torch.cat([front, first, second, third], dim=1)  # (n, 753, time)
        pooled = torch.stack([features.amax(2), features.mean(2)], dim=2).flatten(1)  # interleaved
        pooled = _affine(pooled, self._norms[9])
        embedding = _affine(
            functional.relu(functional.linear(pooled, *self._dense)), self._norms[10]
        )
        return embedding, functional.linear(embedding, *self._tags)

    def _front(self, x: Tensor, number: int) -> Tensor:
        """Convolution, ReLU, batch norm, then the maximum over frequency: (n, out, time)."""
        kernel = self._kernels[number]
        taps = kernel.shape[2]
        before = (taps - 1) // 2  # TensorFlow's "same": the odd one goes after
        y = functional.conv2d(
            functional.pad(x, (0, 0, before, taps - 1 - before)), kernel, self._biases[number]
        )
        scale, shift = (part[:, None] for part in self._norms[number + 1])
        # Batch norm is monotonic, so it commutes with the maximum where its scale is positive and
        # turns it into the minimum where not: this spares a pass over the largest tensor.
        extreme = torch.where(scale >= 0, y.amax(3), y.amin(3))
        return functional.relu(extreme) * scale + shift

    def _middle(self, x: Tensor, number: int) -> Tensor:
        kernel = self._kernels[number][:, 0].transpose(1, 2)  # (out, in, taps)
        y = functional.relu(functional.conv1d(x, kernel, self._biases[number], padding=3))
        scale, shift = (part[:, None] for part in self._norms[number + 1])
        return y * scale + shift


def _affine(x: Tensor, norm: tuple[Tensor, Tensor]) -> Tensor:
    return x * norm[0] + norm[1]
