"""Slow, obvious versions of the parts of an explanation."""

import numpy as np


def longest_still(values: list[float]) -> int:
    """Rows of the longest run of equal values, 0 where no value repeats."""
    longest = 0
    for begin in range(len(values)):
        end = begin
        while end + 1 < len(values) and values[end + 1] == values[begin]:
            end += 1
        if end > begin:
            longest = max(longest, end - begin + 1)
    return longest


def best_piece(y: np.ndarray, shortest: int) -> float:
    """The smallest sum of squares that is left once a line is subtracted from any segment."""
    least = float((y**2).sum())
    for begin in range(y.size):
        for end in range(begin + shortest, y.size + 1):
            rows = np.arange(begin, end)
            fitted = np.polyval(np.polyfit(rows, y[begin:end], 1), rows)
            rest = y.copy()
            rest[begin:end] -= fitted
            least = min(least, float((rest**2).sum()))
    return least


def touches(start: int, nperseg: int, margin: int, alarms: list[tuple[int, int]]) -> bool:
    """True if a frame, widened by a margin on both sides, has a row in an alarm."""
    rows = set(range(start - margin, start + nperseg + margin))
    return any(rows & set(range(first, last + 1)) for first, last in alarms)
