"""Alarms and the strongest band by their definitions, in plain loops."""

from math import isnan


def runs(flagged, raised):
    """[first, last] of the runs of raised steps that hold a flagged one."""
    found, begin = [], None
    for step, is_raised in enumerate([*raised, False]):
        if is_raised and begin is None:
            begin = step
        elif not is_raised and begin is not None:
            if any(flagged[begin:step]):
                found.append([begin, step - 1])
            begin = None
    return found


def trimmed(first, last, statistic, groups, seen):
    """First, last and peak of an alarm; `groups` are the scores by frame length, short to long."""
    peak = max(range(first, last + 1), key=lambda step: (statistic[step], -step))
    for scores in reversed(groups):
        known = [step for step in range(first, last + 1) if not isnan(scores[step])]
        highest = max((scores[step] for step in known), default=0.0)
        if highest < seen:
            continue
        peak = max(known, key=lambda step: (scores[step], -step))
        high = [step for step in known if scores[step] >= highest / 2]
        first, last = high[0], high[-1]
    return first, last, peak


def alarms(statistic, groups, threshold, low_threshold, seen):
    """(first, last, peak) of each alarm, in steps."""
    flagged = [value > threshold for value in statistic]
    raised = [value > low_threshold for value in statistic]
    return [trimmed(first, last, statistic, groups, seen) for first, last in runs(flagged, raised)]


def band(row):
    """(low, high): the bins around the largest excess that have half of it."""
    low = high = row.index(max(row))
    while low > 0 and row[low - 1] >= max(row) / 2:
        low -= 1
    while high < len(row) - 1 and row[high + 1] >= max(row) / 2:
        high += 1
    return low, high
