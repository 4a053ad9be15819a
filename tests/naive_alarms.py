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


def around(step, reach, n):
    """The steps within `reach` of one, of n."""
    return range(max(0, step - reach), min(n, step + reach + 1))


def parts(statistic, groups, lengths, seen, faintest, apart):
    """z that tells the peaks, and first, last and peak of each part of a run.

    `groups` are z by frame length, short to long, `lengths` steps of a frame, `seen` the z from
    which each sees an event.
    """
    n, finest, shortest = len(statistic), statistic, None
    by = [0] * n
    for z, length, least in zip(groups, lengths, seen, strict=True):
        known = [-1e9 if isnan(value) else value for value in z]
        found = []
        for step in range(n):
            largest = max(known[other] for other in around(step, length, n))
            loud = max(known) >= least and largest >= max(least, faintest * max(known))
            near = any(by[other] for other in around(step, length, n))
            if loud and known[step] >= largest / 2 and not near:
                found.append(step)
        if max(known) >= least and shortest is None:
            finest, shortest = known, length
        for step in found:
            by[step] = length
    if shortest is None:
        return statistic, [(0, n - 1, statistic.index(max(statistic)))]
    pieces, joined = runs([True] * n, [each > 0 for each in by]), []
    for first, last in pieces:
        longest = max(by[first : last + 1])
        if joined:
            most = max(apart * shortest, longest, joined[-1][2])
            if first - joined[-1][1] - 1 <= most:
                joined[-1] = [joined[-1][0], last, longest]
                continue
        joined.append([first, last, longest])
    return finest, [
        (first, last, max(range(first, last + 1), key=lambda step: (finest[step], -step)))
        for first, last, _ in joined
    ]


def alarms(statistic, groups, lengths, threshold, low_threshold, seen, faintest, apart):
    """(first, last, peak) of each alarm, in steps."""
    flagged = [value > threshold for value in statistic]
    raised = [value > low_threshold for value in statistic]
    found = []
    for begin, end in runs(flagged, raised):
        some = [z[begin : end + 1] for z in groups]
        finest, own = parts(statistic[begin : end + 1], some, lengths, seen, faintest, apart)
        run = statistic[begin : end + 1]
        highest = [step for step, value in enumerate(run) if value == max(run)]
        away = [
            (max(first - step, step - last), i, step)
            for i, (first, last, _) in enumerate(own)
            for step in highest
        ]
        _, closest, nearest = min(away)
        largest = [max(run[first : last + 1]) for first, last, _ in own]
        for i, (first, last, peak) in enumerate(own):
            if i == closest:
                first, last = min(first, nearest), max(last, nearest)
                peak = max(range(first, last + 1), key=lambda step: (finest[step], -step))
            elif not (largest[i] > threshold and largest[i] >= max(largest) / 2):
                continue
            found.append((begin + first, begin + last, begin + peak))
    return found


def band(row):
    """(low, high): the bins around the largest excess that have half of it."""
    low = high = row.index(max(row))
    while low > 0 and row[low - 1] >= max(row) / 2:
        low -= 1
    while high < len(row) - 1 and row[high + 1] >= max(row) / 2:
        high += 1
    return low, high
