"""‖φ(X) − φ(X_normal)‖²: whole, and split so that the parts add up to the whole.

`features` is φ(X), (…, n_frames, n_features), `bank` the normal spectra in the same form, (…,
n_normal, n_features); what stands before, such as channels, is compared each with its own.
`left_out` are the pairs that must not be compared, for the normal frame overlaps the frame: their
numbers of frames and of normal frames. Frames with NaN are compared with none.
"""

import numpy as np

from spectra.arrays import FloatArray, Pairs

# Of so many normal spectra the median is near enough to the middle of all.
CENTRE_OF = 16
# So many numbers of 32 bits are few enough for the registers of a processor.
AT_ONCE = 256


def squared_distances(features: FloatArray, bank: FloatArray) -> FloatArray:
    """‖a − b‖² of every pair of (n_frames, n_features) and (n_normal, n_features), in the precision
    of the input.
    """
    D = _products(features, bank)
    return np.maximum(D, 0.0, out=D)


def _products(features: FloatArray, bank: FloatArray) -> FloatArray:
    """‖a − b‖² as one matrix product; where a and b are the same, it may be as much below 0 as its
    rounding.

    ‖a‖² + ‖b‖² − 2a·b cancels where a and b are far from zero and near each other; taking the
    middle of the bank from both first keeps the loss small. The squares are two columns of the
    product, which costs less than adding them to it.
    """
    centre = _middle(bank)
    features, bank = features - centre, bank - centre
    a, b = (np.einsum("ij,ij->i", one, one) for one in (features, bank))
    left = np.column_stack([features * features.dtype.type(-2.0), a, np.ones_like(a)])
    right = np.column_stack([bank, np.ones_like(b), b])
    return np.asarray(left @ right.T)


def _middle(bank: FloatArray) -> FloatArray:
    """About the median of the normal spectra, (n_features,): one enormous one would take the mean
    far from all others.
    """
    whole = np.flatnonzero(~np.isnan(bank[:, 0]))
    if not whole.size:
        return np.zeros_like(bank[0])
    some = np.sort(bank[whole[:: -(-whole.size // CENTRE_OF)]], axis=0)
    return np.asarray(some[len(some) // 2])


def _mean(bank: FloatArray) -> FloatArray:
    """Mean of the normal spectra, those with NaN left out, (…, 1, n_features)."""
    gaps = np.isnan(bank[..., :1])
    if not gaps.any():
        return np.asarray(bank.mean(axis=-2, keepdims=True))
    count = np.maximum((~gaps).sum(axis=-2, keepdims=True), 1)
    return np.asarray(np.where(gaps, 0.0, bank).sum(axis=-2, keepdims=True) / count).astype(
        bank.dtype
    )


def _compared(features: FloatArray, bank: FloatArray, left_out: Pairs | None) -> FloatArray:
    """Squared distances as `_products` makes them, inf to what is not compared; NaN for frames with
    NaN.
    """
    D = _products(features, bank)
    gaps = np.isnan(bank[:, 0])
    if gaps.any():
        D[:, gaps] = np.inf
    if left_out is not None:
        D[left_out] = np.inf
    broken = np.isnan(features[:, 0])
    if broken.any():
        D[broken] = np.nan
    return D


def nearest(
    features: FloatArray, bank: FloatArray, ks: tuple[int, ...], left_out: Pairs | None = None
) -> FloatArray:
    """Mean squared distance to the k nearest normal spectra for each k, (n_ks, …, n_frames).

    inf where fewer than k are left to compare with.
    """
    means = np.empty((len(ks), *features.shape[:-1]), dtype=features.dtype)
    # One channel after the other: what is sought among its distances is then still at hand.
    for channel in np.ndindex(features.shape[:-2]):
        means[:, *channel] = _nearest(features[channel], bank[channel], ks, left_out)
    return means


def _nearest(
    features: FloatArray, bank: FloatArray, ks: tuple[int, ...], left_out: Pairs | None
) -> FloatArray:
    """`nearest` of one channel, (n_ks, n_frames)."""
    D = _smallest(_compared(features, bank, left_out), max(ks))
    np.maximum(D, 0.0, out=D)
    means = np.empty((len(ks), D.shape[0]), dtype=D.dtype)
    # From the largest k to the smallest, so that each looks among the nearest of the one before
    # only.
    for place in sorted(range(len(ks)), key=lambda place: -ks[place]):
        D = _smallest(D, ks[place])
        means[place] = D.mean(axis=-1)
    return means


def _smallest(D: FloatArray, k: int) -> FloatArray:
    """The k smallest of each row, (n_rows, k), or all where there are fewer, in no order; the order
    within D is lost.

    Values below 0 count as 0. The bits of floats from 0 on rank as they do, and integers have no
    NaN to be looked for. A short row is sorted in the registers of the processor, which may take a
    third of the time of parting a long one: so the smallest are sought among the smallest of parts
    of the row.
    """
    while k < D.shape[1]:
        n_parts = max(1, min(-(-D.shape[1] // AT_ONCE), D.shape[1] // (2 * k)))
        parts = np.array_split(D.view(f"i{D.itemsize}"), n_parts, axis=1)
        for part in parts:
            part.partition(k - 1, axis=1)
        D = np.concatenate([part[:, :k] for part in parts], axis=1).view(D.dtype)
    return D


def to_mean(features: FloatArray, bank: FloatArray, left_out: Pairs | None = None) -> FloatArray:
    """Squared distance to the mean normal spectrum, (…, n_frames): the textbook ‖X − X_normal‖²."""
    return np.asarray(parts_to_mean(features, bank, left_out).sum(axis=-1))


def parts_to_mean(
    features: FloatArray, bank: FloatArray, left_out: Pairs | None = None
) -> FloatArray:
    """The terms of `to_mean`, (…, n_frames, n_features): their sum over features is the
    distance.
    """
    if left_out is None:
        return np.asarray((features - _mean(bank)) ** 2)
    whole = ~np.isnan(bank[..., 0])[..., None, :]
    kept = np.broadcast_to(whole, (*features.shape[:-1], bank.shape[-2])).copy()
    kept[..., left_out[0], left_out[1]] = False
    total = kept.astype(bank.dtype) @ np.nan_to_num(bank)
    count = kept.sum(axis=-1)[..., None]
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return np.asarray((features - mean) ** 2)


def parts_nearest(
    features: FloatArray, bank: FloatArray, k: int, left_out: Pairs | None = None
) -> FloatArray:
    """The terms of `nearest` for one k, (n_frames, n_features): mean over the k nearest of (φ −
    b)², summing to the distance.

    For one channel: `features` (n_frames, n_features), `bank` (n_normal, n_features). Costs
    n_frames × k × n_features: meant for the frames somebody asks about.
    """
    D = np.maximum(_compared(features, bank, left_out), 0.0)
    neighbours = np.argpartition(D, min(k, D.shape[-1]) - 1, axis=-1)[:, :k]
    return np.asarray(((features[:, None, :] - bank[neighbours]) ** 2).mean(axis=1))
