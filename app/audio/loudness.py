"""Integrated loudness and loudness range.

Follows ITU-R BS.1770-4 (K-weighting, 400 ms blocks with 75 % overlap, gates at -70 LUFS and 10 LU
below the ungated mean) and EBU Tech 3342 (range of the 3 s loudness between its 10th and 95th
percentile, gates at -70 LUFS and 20 LU below). The two filters are designed for any sample rate
from their analog prototypes, as libebur128 does; at 48 kHz they are the specification's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

ABSOLUTE_GATE = -70.0
_HOPS_PER_SECOND = 10
_CHUNK_SECONDS = 10
_SURROUND_WEIGHT = 1.41
_CHANNEL_WEIGHTS = {  # in the order of WAV's channel mask: left, right, center, LFE, rear ...
    5: (1.0, 1.0, 1.0, _SURROUND_WEIGHT, _SURROUND_WEIGHT),
    6: (1.0, 1.0, 1.0, 0.0, _SURROUND_WEIGHT, _SURROUND_WEIGHT),
}


@dataclass(frozen=True)
class Loudness:
    """integrated: LUFS, None when no 400 ms rise above -70 LUFS; loudness_range: LU, or None."""

    integrated: float | None
    loudness_range: float | None


def measure_loudness(samples: NDArray[np.float32], sample_rate: int) -> Loudness:
    """Loudness of `samples`, float32 of shape (frames, channels), at `sample_rate` Hz."""
    power = _hop_power(samples, sample_rate)
    return Loudness(_integrated(_sliding_mean(power, 4)), _range(_sliding_mean(power, 30)))


def _hop_power(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float64]:
    """Weighted mean square of the K-weighted signal in each 100 ms, shape (hops,)."""
    hop = round(sample_rate / _HOPS_PER_SECOND)
    channels = samples.shape[1]
    weights = np.array(_CHANNEL_WEIGHTS.get(channels, (1.0,) * channels))
    filters = _k_weighting(sample_rate)
    state = np.zeros((len(filters), 2, channels))
    chunk = hop * _HOPS_PER_SECOND * _CHUNK_SECONDS
    powers: list[NDArray[np.float64]] = []
    for start in range(0, len(samples), chunk):
        block = samples[start : start + chunk].astype(np.float64)
        filtered, state = sosfilt(filters, block, axis=0, zi=state)
        hops = len(filtered) // hop
        squares = np.square(filtered[: hops * hop]).reshape(hops, hop, channels).mean(axis=1)
        powers.append(squares @ weights)
    return np.concatenate(powers) if powers else np.zeros(0)


def _k_weighting(sample_rate: int) -> NDArray[np.float64]:
    """The head's shelf and the high-pass as second-order sections, shape (2, 6)."""
    k = np.tan(np.pi * 1681.974450955533 / sample_rate)
    q = 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = [
        (high + band * k / q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / q + k * k) / a0,
        1.0,
        2 * (k * k - 1) / a0,
        (1 - k / q + k * k) / a0,
    ]
    k = np.tan(np.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    a0 = 1 + k / q + k * k
    high_pass = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    return np.array([shelf, high_pass])


def _sliding_mean(power: NDArray[np.float64], hops: int) -> NDArray[np.float64]:
    if len(power) < hops:
        return np.zeros(0)
    total = np.concatenate([[0.0], np.cumsum(power)])
    means: NDArray[np.float64] = np.maximum((total[hops:] - total[:-hops]) / hops, 0.0)
    return means


def _to_lufs(power: NDArray[np.float64] | float) -> NDArray[np.float64]:
    lufs: NDArray[np.float64] = -0.691 + 10 * np.log10(np.maximum(power, 1e-20))
    return lufs


def _gated(blocks: NDArray[np.float64], relative: float) -> NDArray[np.float64]:
    blocks = blocks[_to_lufs(blocks) > ABSOLUTE_GATE]
    if not len(blocks):
        return blocks
    threshold = float(_to_lufs(float(blocks.mean()))) - relative
    return blocks[_to_lufs(blocks) > threshold]


def _integrated(blocks: NDArray[np.float64]) -> float | None:
    gated = _gated(blocks, 10.0)
    return float(_to_lufs(float(gated.mean()))) if len(gated) else None


def _range(blocks: NDArray[np.float64]) -> float | None:
    gated = _gated(blocks, 20.0)
    if not len(gated):
        return None
    low, high = np.percentile(_to_lufs(gated), [10, 95])
    return float(high - low)
