"""Confidence: scores turned into probabilities by what listeners really played next.

Of a list: P(the listener plays at least one of its tracks for 30 s or more within the next 7
days). Of an item: the same for that track alone. Both are logistic models fitted on the newest
held-out period, where listeners with an erased history stand for new ones; their figures (AUC,
Brier skill, expected calibration error) come from listeners that were not fitted on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.recommendation.cases import Cases
from app.recommendation.fitting import FEW_LISTENERS
from app.recommendation.metrics import hits_of, top_items
from app.recommendation.parts import Parts, weight_vector
from app.recommendation.taste import Taste

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

COUNTS = (1, 2, 5, 10, 20, 50, 100)
_LEAST_EXAMPLES = 40
_BINS = 15


@dataclass(frozen=True)
class Logistic:
    """A logistic regression: `weights`, shape=(features,), and `bias`."""

    weights: Doubles
    bias: float

    def probability(self, features: Doubles) -> Doubles:
        """Shape=(rows,) in 0..1, of `features`, shape=(rows, features)."""
        return np.asarray(1 / (1 + np.exp(-np.clip(features @ self.weights + self.bias, -30, 30))))


@dataclass(frozen=True)
class Calibration:
    """The two fitted models, and how good they are on listeners not fitted on."""

    item: Logistic
    whole: Logistic
    figures: Mapping[str, float]

    def of_items(self, scores: Floats, known: NDArray[np.bool_], taste: Taste) -> Doubles:
        """Probability of each item, shape=(items,), from blended scores."""
        return self.item.probability(item_features(scores, known, taste))

    def of_list(self, items: Doubles, taste: Taste) -> float:
        """Probability of a list, from the probabilities of its items."""
        if not len(items):
            return 0.0
        return float(self.whole.probability(list_features(items, taste)[None, :])[0])

    def as_json(self) -> dict[str, object]:
        """Plain numbers; `from_json` reads them back."""
        return {
            "item": [*self.item.weights.tolist(), self.item.bias],
            "list": [*self.whole.weights.tolist(), self.whole.bias],
            "figures": dict(self.figures),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Calibration":
        """Read what `as_json` wrote."""
        item, whole = np.asarray(values["item"]), np.asarray(values["list"])
        return cls(
            Logistic(item[:-1], float(item[-1])),
            Logistic(whole[:-1], float(whole[-1])),
            values["figures"],
        )


def item_features(scores: Floats, known: NDArray[np.bool_], taste: Taste) -> Doubles:
    """Score, whether known, how active the listener is, how long idle, whether new; per item."""
    rows = np.empty((len(scores), 5))
    rows[:, 0] = np.clip(scores, -3, 5)
    rows[:, 1] = known
    rows[:, 2] = np.log1p(taste.recent_plays)
    rows[:, 3] = np.log1p(min(taste.idle_days, 365.0)) * (not taste.empty)
    rows[:, 4] = taste.empty
    return rows


def list_features(items: Doubles, taste: Taste) -> Doubles:
    """Log-odds of any item if they were independent, then what is known of the listener."""
    none = float(np.log1p(-np.clip(items, 0, 1 - 1e-6)).sum())
    any_of = np.clip(1 - np.exp(none), 1e-6, 1 - 1e-6)
    return np.array(
        [
            np.log(any_of / (1 - any_of)),
            np.log(len(items)),
            np.log1p(taste.recent_plays),
            np.log1p(min(taste.idle_days, 365.0)) * (not taste.empty),
            float(taste.empty),
        ]
    )


def fit_calibration(parts: Parts, cases: Cases) -> Calibration | None:
    """Fit on `cases`; None where they are too few, or all ended the same."""
    examples = _Examples.collect(parts, cases)
    if examples is None:
        return None
    odd = _half(cases)
    figures: dict[str, float] = {}
    if odd.any() and (~odd).any():
        half = examples.fit(odd)
        if half is not None:
            figures = examples.judge(half, ~odd)
    fitted = examples.fit(np.ones(len(cases), bool))
    return None if fitted is None else Calibration(*fitted, figures)


@dataclass(frozen=True)
class _Listed:
    case: int
    taste: Taste
    scores: Floats
    known: NDArray[np.bool_]
    played: NDArray[np.bool_]


@dataclass(frozen=True)
class _Examples:
    """Ranked lists of up to 100 tracks with what became of each track."""

    lists: list[_Listed]

    @classmethod
    def collect(cls, parts: Parts, cases: Cases) -> "_Examples | None":
        if len(cases) < _LEAST_EXAMPLES:
            return None
        lists: list[_Listed] = []
        nobody = np.zeros(len(cases.known[0]), dtype=bool)
        for row, taste in enumerate(cases.tastes):
            unheard = ~cases.known[row] & ~cases.barred[row]
            ways = [
                (taste, unheard, parts.recipe.new),
                (taste, ~cases.barred[row], parts.recipe.known),
                (_erased(taste), ~nobody, {"popular": 1.0}),
            ]
            for who, allowed, weights in ways:
                scores = weight_vector(weights) @ parts.scores(who, allowed)
                ranked = top_items(scores[None, :], allowed[None, :], max(COUNTS))
                played = hits_of(ranked, cases.next_week[row])[0]
                listed = ranked[0] >= 0
                at = ranked[0][listed]
                known = nobody[at] if who.empty else cases.known[row][at]
                lists.append(_Listed(row, who, scores[at], known, played[listed]))
        return cls(lists)

    def fit(self, cases: NDArray[np.bool_]) -> tuple[Logistic, Logistic] | None:
        mine = [listed for listed in self.lists if cases[listed.case] and len(listed.scores)]
        features = [item_features(x.scores, x.known, x.taste) for x in mine]
        if not features:
            return None
        item = _fit(np.concatenate(features), np.concatenate([x.played for x in mine]))
        if item is None:
            return None
        rows, ends = _whole_lists(mine, item)
        whole = _fit(rows, ends)
        return None if whole is None else (item, whole)

    def judge(
        self, models: tuple[Logistic, Logistic], cases: NDArray[np.bool_]
    ) -> dict[str, float]:
        from sklearn.metrics import roc_auc_score  # noqa: PLC0415  (training only)

        item, whole = models
        mine = [x for x in self.lists if cases[x.case] and len(x.scores) and not x.taste.empty]
        rows, ends = _whole_lists(mine, item)
        if not len(ends) or ends.all() or not ends.any():
            return {}
        said = whole.probability(rows)
        base = float(ends.mean())
        brier = float(((said - ends) ** 2).mean())
        return {
            "lists": float(len(ends)),
            "base_rate": round(base, 4),
            "auc": round(float(roc_auc_score(ends, said)), 4),
            "brier_skill": round(1 - brier / max(base * (1 - base), 1e-9), 4),
            "calibration_error": round(calibration_error(said, ends), 4),
        }


def calibration_error(said: Doubles, happened: NDArray[np.bool_], bins: int = _BINS) -> float:
    """Expected calibration error over bins of equal mass."""
    order = np.argsort(said, kind="stable")
    gaps = [
        abs(float(said[part].mean()) - float(happened[part].mean())) * len(part)
        for part in np.array_split(order, bins)
        if len(part)
    ]
    return sum(gaps) / max(len(said), 1)


def _whole_lists(lists: list[_Listed], item: Logistic) -> tuple[Doubles, NDArray[np.bool_]]:
    rows: list[Doubles] = []
    ends: list[bool] = []
    for listed in lists:
        each = item.probability(item_features(listed.scores, listed.known, listed.taste))
        lengths = sorted({min(count, len(each)) for count in COUNTS})
        for length in lengths:
            rows.append(list_features(each[:length], listed.taste))
            ends.append(bool(listed.played[:length].any()))
    return np.array(rows).reshape(len(rows), 5), np.array(ends, dtype=bool)


def _fit(features: Doubles, happened: NDArray[np.bool_]) -> Logistic | None:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  (training only)

    if happened.all() or not happened.any():
        return None
    scale = np.maximum(features.std(axis=0), 1e-6)
    model = LogisticRegression(C=1.0, max_iter=500).fit(features / scale, happened)
    return Logistic(model.coef_[0] / scale, float(model.intercept_[0]))


def _erased(taste: Taste) -> Taste:
    none = np.empty(0, np.int64)
    return Taste(none, np.empty(0, np.float32), none, none, none, 0, taste.idle_days)


def _half(cases: Cases) -> NDArray[np.bool_]:
    """A fixed half of the listeners, or of the moments where listeners are few."""
    users = np.unique(cases.user)
    if len(users) < FEW_LISTENERS:
        return np.asarray(np.arange(len(cases)) % 2 == 1)
    drawn = np.random.default_rng(13).permutation(len(users)) % 2 == 1
    return np.asarray(drawn[np.searchsorted(users, cases.user)])
