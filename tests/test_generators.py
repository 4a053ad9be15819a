"""The anomalies of the generators, measured in their signals.

Frequencies, sizes and rows are as documented, and the other rows are unchanged.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra.datasets import Recording
from spectra.datasets import generators as g
from spectra.datasets.generators import GENERATORS, bpfo
from spectra.errors import DataError

ANOMALOUS = [name for name in GENERATORS if name != "noise"]
# What makes the change of each generator nothing.
UNCHANGED = {
    "tones": {"extra_amplitude": 0.0},
    "bearing": {"impact": 0.0},
    "level-shift": {"shift": 0.0},
}


def make(name, seed=0, **arguments) -> Recording:
    return GENERATORS[name](np.random.default_rng(seed), **arguments)


def column(recording):
    (values,) = recording.values.T
    return values


def changed(recording):
    """First sample of the one labelled stretch, and the sample after it."""
    marks = np.flatnonzero(recording.labels)
    first, end = marks[0], marks[-1] + 1
    assert len(marks) == end - first
    return first, end


def amplitudes(signal):
    """One-sided amplitude spectrum.

    A sine of amplitude A with a whole number of periods reads A.
    """
    return 2 * np.abs(np.fft.rfft(signal)) / len(signal)


@pytest.mark.parametrize("name", GENERATORS)
def test_same_seed_same_recording(name):
    one, same, other = make(name, 1), make(name, 1), make(name, 2)
    np.testing.assert_array_equal(one.values, same.values)
    np.testing.assert_array_equal(one.labels, same.labels)
    assert not np.array_equal(one.values, other.values)


@pytest.mark.parametrize("name", GENERATORS)
def test_recording_is_finite_with_a_normal_first_half(name):
    recording = make(name)
    assert recording.fs > 0
    assert recording.n_channels == {"fault-of-many": 100, "decoupled": 2}.get(name, 1)
    assert np.isfinite(recording.values).all()
    assert recording.labels.shape == (recording.n_samples,)
    assert not recording.labels[: recording.n_samples // 2].any()
    assert recording.labels.any() == (name in ANOMALOUS)


@pytest.mark.parametrize("name", UNCHANGED)
def test_only_labelled_samples_differ_from_the_clean_recording(name):
    recording, clean = make(name), make(name, **UNCHANGED[name])
    first, end = changed(recording)
    differs = column(recording) != column(clean)
    assert not differs[recording.labels == 0].any()
    # The ringing after an impact starts at sin 0 = 0, and dies away in the noise's last digits
    # before the next.
    assert differs[first:end].any() if name == "bearing" else differs[first:end].all()


@pytest.mark.parametrize("name", ["tones", "level-shift", "dropout", "bearing"])
def test_given_start_is_kept_and_leaves_the_noise_as_it_was(name):
    drawn = make(name)
    first, _ = changed(drawn)
    np.testing.assert_array_equal(make(name, start=int(first)).values, drawn.values)
    assert changed(make(name, start=123))[0] == 123


@given(seed=st.integers(0, 2**32), length=st.integers(1, 50), n_samples=st.integers(100, 130))
@settings(deadline=None, max_examples=50)
def test_stretch_has_its_length_and_lies_in_the_second_half(seed, length, n_samples):
    recording = make("level-shift", seed, n_samples=n_samples, length=length)
    first, end = changed(recording)
    assert end - first == length
    assert n_samples // 2 <= first


def test_extra_tone_has_its_frequency_and_amplitude():
    recording = make("tones", fs=1000.0, extra_frequency=180.0, extra_amplitude=0.5, length=1000)
    first, end = changed(recording)
    difference = column(recording) - column(make("tones", extra_amplitude=0.0))
    spectrum = amplitudes(difference[first:end])
    # One second: bins are 1 Hz apart. The noise was added to both, which costs the last digits.
    assert spectrum[180] == pytest.approx(0.5, rel=1e-12)
    np.testing.assert_allclose(np.delete(spectrum, 180), 0, atol=1e-12)


def test_steady_tones_have_their_frequencies_and_amplitudes():
    recording = make("tones", noise_std=0.0, frequencies=(50.0, 120.0), amplitudes=(1.0, 0.25))
    spectrum = amplitudes(column(recording)[:1000])
    expected = np.zeros(501)
    expected[[50, 120]] = 1.0, 0.25
    np.testing.assert_allclose(spectrum, expected, atol=1e-10)


def upward_crossings(signal):
    return np.count_nonzero((signal[:-1] < 0) & (signal[1:] >= 0))


def test_odd_sweep_goes_as_far_as_it_says():
    recording = make(
        "chirp", noise_std=0.0, low=20.0, high=120.0, odd_high=200.0, sweep=1.0, fs=1000.0
    )
    signal = column(recording)
    first, end = changed(recording)
    assert (first % 1000, end - first) == (0, 1000)
    for start in range(0, 20_000, 1000):
        # Periods in a sweep of 1 s: the integral of its frequency, the mean of both ends; a
        # crossing more or less.
        periods = 110 if start == first else 70
        assert abs(upward_crossings(signal[start : start + 1000]) - periods) <= 1
        # At the end, 150 ms: the mean is the frequency 75 ms before.
        last = 200 - 0.075 * 180 if start == first else 120 - 0.075 * 100
        assert abs(upward_crossings(signal[start + 850 : start + 1000]) / 0.15 - last) <= 1 / 0.15


def test_chirp_never_jumps_and_is_the_usual_one_before_the_odd_sweep():
    recording = make("chirp", noise_std=0.0)
    signal = column(recording)
    # |sin a − sin b| <= 2·|sin((a − b)/2)|, and a step turns by at most 2π·200/1000.
    assert np.abs(np.diff(signal)).max() <= 2 * math.sin(math.pi * 0.2)
    first, _ = changed(recording)
    usual = column(make("chirp", noise_std=0.0, odd_high=120.0))
    np.testing.assert_array_equal(signal[:first], usual[:first])


def autocorrelation(values, lag):
    return np.mean(values[:-lag] * values[lag:]) / np.mean(values**2)


def test_white_noise_is_white_with_variance_one():
    values = column(make("noise", kind="white", n_samples=100_000))
    # Four standard errors: √(2/n) of a variance, 1/√n of an autocorrelation.
    assert values.var() == pytest.approx(1, abs=4 * math.sqrt(2 / 1e5))
    assert max(abs(autocorrelation(values, lag)) for lag in range(1, 6)) < 4 / math.sqrt(1e5)


@pytest.mark.parametrize("coefficient", [0.9, -0.5])
def test_ar1_noise_has_its_autocorrelation(coefficient):
    values = column(make("noise", kind="ar1", coefficient=coefficient, n_samples=200_000))
    # The standard error of the autocorrelation at lag 1 is √((1 − a²)/n) and at most √((1 + a²)/(1
    # − a²)/n) beyond.
    error = math.sqrt((1 + coefficient**2) / (1 - coefficient**2) / 2e5)
    for lag in (1, 2, 5, 10):
        assert autocorrelation(values, lag) == pytest.approx(coefficient**lag, abs=4 * error)


def test_ar1_noise_is_stationary_from_its_first_sample():
    rng = np.random.default_rng(3)
    ensemble = np.stack([column(g.noise(rng, n_samples=3)) for _ in range(2000)])
    np.testing.assert_allclose((ensemble**2).mean(axis=0), 1, atol=4 * math.sqrt(2 / 2000))


def test_pink_noise_has_the_same_power_in_every_octave():
    values = column(make("noise", kind="pink", n_samples=2**18))
    power = np.abs(np.fft.rfft(values)) ** 2
    for octave in range(8, 17):
        bins = np.arange(2**octave, 2 ** (octave + 1))
        # Each bin is exponentially distributed around c/f; the one constant is that of the whole.
        expected = np.sum(1 / bins) * np.sum(power[256 : 2**17]) / np.sum(1 / np.arange(256, 2**17))
        assert power[bins].sum() == pytest.approx(expected, rel=5 / math.sqrt(2**octave))


@pytest.mark.parametrize("n_samples", [1024, 1025])
def test_pink_noise_has_variance_one_on_average(n_samples):
    rng = np.random.default_rng(4)
    variances = [column(g.noise(rng, kind="pink", n_samples=n_samples)).var() for _ in range(1000)]
    # A bin j has 1/j of the power and an exponential spread; four standard errors of 1000 of them.
    share = 1 / np.arange(1, n_samples // 2 + 1)
    error = math.sqrt(np.sum(share**2)) / np.sum(share) / math.sqrt(1000)
    assert np.mean(variances) == pytest.approx(1, abs=4 * error)


@pytest.mark.parametrize(
    ("n_balls", "ball", "pitch", "published"),
    [
        # SKF 6205-2RS, inches: Case Western Reserve University bearing data center.
        (9, 0.3126, 1.537, 3.5848),
        # SKF 6203-2RS, inches: the same.
        (8, 0.2656, 1.122, 3.0530),
        # MB ER-16K, mm: Curtin University bearing data set.
        (9, 7.9375, 38.50, 3.572),
    ],
)
def test_ball_pass_frequency_is_that_published(n_balls, ball, pitch, published):
    # The diameters are published with three or four digits; their rounding moves the ratio by up to
    # so much.
    assert bpfo(1.0, n_balls, ball, pitch) == pytest.approx(published, rel=2e-4)


@given(
    shaft=st.floats(0.1, 1000),
    n_balls=st.integers(3, 30),
    ratio=st.floats(0.01, 0.9),
    angle=st.floats(0, 60),
)
@settings(deadline=None)
def test_ball_pass_frequency_follows_from_rolling_without_slip(shaft, n_balls, ratio, angle):
    # A ball touches the turning race at one radius and the resting race at the other; its centre
    # moves at the mean of the two speeds, 2π·shaft·inner and 0, on the circle of their mean radius.
    inner, outer = (
        1 - ratio * math.cos(math.radians(angle)),
        1 + ratio * math.cos(math.radians(angle)),
    )
    cage = (2 * math.pi * shaft * inner / 2) / (2 * math.pi * (inner + outer) / 2)
    assert bpfo(shaft, n_balls, ratio * 7, 7, angle) == pytest.approx(n_balls * cage, rel=1e-12)


def test_bearing_fault_comes_back_at_the_ball_pass_frequency():
    recording, healthy = make("bearing"), make("bearing", impact=0.0)
    first, end = changed(recording)
    assert end == recording.n_samples
    ringing = (column(recording) - column(healthy))[first:]
    envelope = np.abs(np.fft.rfft(ringing**2 - np.mean(ringing**2)))
    rates = np.fft.rfftfreq(len(ringing), 1 / recording.fs)
    # Below one and a half times the rate: its multiples are nearly as strong.
    strongest = rates[np.argmax(np.where(rates < 160, envelope, 0))]
    # The published ratio of SKF 6205; slip of 1 % an impact averages out to 0.1 % over more than a
    # hundred.
    assert strongest == pytest.approx(3.5848 * 29.95, abs=rates[1] + 0.005 * 107.4)


def test_impacts_are_evenly_spaced_without_slip():
    arguments = {"slip": 0.0, "noise_std": 0.0, "damping": 0.3, "start": 20_000}
    ringing = column(make("bearing", **arguments)) - column(
        make("bearing", impact=0.0, **arguments)
    )
    # Where nothing rings any more, the next impact shows one sample late: its first is sin 0.
    quiet = np.abs(ringing) < 1e-6
    onsets = (
        np.flatnonzero(
            ~quiet[20:] & np.lib.stride_tricks.sliding_window_view(quiet, 20)[:-1].all(axis=1)
        )
        + 19
    )
    spacing = 12_000 / (3.5848 * 29.95)
    assert onsets[0] == 20_000
    assert len(onsets) == int(40_000 / spacing) + 1
    # Each is rounded to a sample; the published ratio, rounded in its fifth digit, drifts by less
    # than another half.
    np.testing.assert_allclose(onsets, 20_000 + spacing * np.arange(len(onsets)), atol=0.5 + 0.5)


def test_an_impact_rings_at_the_resonance_and_dies_by_its_damping():
    # At a quarter of the sampling rate, the ringing is at a crest at samples 1, 5, 9, … after the
    # impact.
    arguments = {"resonance": 3000.0, "damping": 0.05, "noise_std": 0.0, "start": 20_000}
    ringing = column(make("bearing", **arguments)) - column(
        make("bearing", impact=0.0, **arguments)
    )
    crests = ringing[20_001:20_060:4]
    # Logarithmic decrement: 2πζ a period.
    np.testing.assert_allclose(
        crests,
        math.exp(-math.pi * 0.05 / 2) * np.exp(-2 * math.pi * 0.05 * np.arange(15)),
        atol=1e-12,
    )


def test_healthy_bearing_turns_with_its_shaft():
    # 1 s at a whole number of turns.
    spectrum = amplitudes(column(make("bearing", shaft_hz=30.0, noise_std=0.0))[:12_000])
    assert spectrum.argmax() == 30
    assert spectrum[30] == pytest.approx(0.5, rel=1e-10)


@pytest.mark.parametrize("shift", [1.0, -0.3])
def test_level_shift_has_its_size(shift):
    difference = column(make("level-shift", shift=shift)) - column(make("level-shift", shift=0.0))
    np.testing.assert_allclose(difference, shift * make("level-shift").labels, atol=1e-14)


def test_frozen_sensor_repeats_the_last_value_before():
    recording = make("dropout", kind="freeze")
    first, end = changed(recording)
    signal = column(recording)
    assert end - first == 200
    assert (signal[first:end] == signal[first - 1]).all()
    assert signal[end] != signal[first]
    assert signal[first - 2] != signal[first]


def test_dead_sensor_reads_zero_and_only_there():
    recording = make("dropout", kind="zero")
    np.testing.assert_array_equal(column(recording) == 0, recording.labels == 1)
    frozen = make("dropout", kind="freeze")
    assert (column(frozen) == column(recording))[recording.labels == 0].all()


def test_sensor_frozen_from_the_start_keeps_its_first_value():
    signal = column(make("dropout", start=0, length=50))
    assert (signal[:50] == signal[0]).all()


def test_odd_cycle_is_one_cycle_and_has_the_energy_of_the_others():
    recording = make("odd-cycle", noise_std=0.0, fs=100.0, frequency=1.0)
    first, end = changed(recording)
    assert (first % 100, end - first) == (0, 100)
    cycles = column(recording).reshape(-1, 100)
    odd = first // 100
    usual = np.delete(cycles, odd, axis=0)
    np.testing.assert_allclose(usual, np.broadcast_to(usual[0], usual.shape), atol=1e-10)
    # ½·(1² + ½²) by Parseval; sums over whole cycles of these few harmonics are exact.
    np.testing.assert_allclose((cycles**2).mean(axis=1), 5 / 8, rtol=1e-10)
    # Its third harmonic is a third of its first: sin³ θ = (3 sin θ − sin 3θ)/4; the others have
    # none.
    assert amplitudes(cycles[odd])[3] / amplitudes(cycles[odd])[1] == pytest.approx(1 / 3)
    np.testing.assert_allclose(amplitudes(usual[0])[1:4], [1, 0.5, 0], atol=1e-12)


def test_odd_cycle_as_it_is_has_half_of_the_energy():
    recording = make("odd-cycle", noise_std=0.0, same_energy=False)
    odd = column(recording)[recording.labels == 1]
    # The mean of sin⁶ is 5/16.
    assert np.mean(odd**2) == pytest.approx(5 / 16, rel=1e-10)
    assert odd.max() == pytest.approx(1, rel=1e-10)


def slots(recording, phase_length=60, rest=40):
    """The whole phases of a recording without noise, (n_phases, phase_length), and their labels."""
    spacing = phase_length + rest
    n = recording.n_samples // spacing
    signal = column(recording)[: n * spacing].reshape(n, spacing)
    labels = recording.labels[: n * spacing].reshape(n, spacing)
    assert (signal[:, phase_length:] == 0).all()
    assert (labels[:, phase_length:] == 0).all()
    # A phase is labelled whole or not at all.
    assert (labels[:, :phase_length] == labels[:, :1]).all()
    return signal[:, :phase_length], labels[:, 0]


def tone(phases, fs=100.0):
    """The strongest frequency of each phase in Hz, on a fine grid."""
    n = 4096
    return np.argmax(np.abs(np.fft.rfft(phases, n)), axis=1) * fs / n


def test_phases_have_their_frequencies_and_one_energy():
    frequencies = (8.0, 14.0, 20.0, 26.0, 32.0, 38.0)
    phases, odd = slots(make("order-anomalies", noise_std=0.0))
    assert not odd[:6].any()
    np.testing.assert_allclose(tone(phases[:6]), frequencies, atol=0.5)
    np.testing.assert_allclose((phases**2).sum(axis=1), 60 * 3 / 16, rtol=1e-12)
    np.testing.assert_allclose(phases.sum(axis=1), 0, atol=1e-12)
    # sin²(π/120) and the scale of the energy at most: no click where a phase begins and ends.
    assert np.abs(phases[:, [0, -1]]).max() < 1e-3


@given(seed=st.integers(0, 2**32), n_anomalies=st.integers(0, 9), n_phases=st.integers(3, 5))
@settings(deadline=None, max_examples=30)
def test_labels_cover_exactly_the_phases_out_of_order(seed, n_anomalies, n_phases):
    frequencies = (10.0, 20.0, 30.0, 40.0, 15.0)[:n_phases]
    recording = make(
        "order-anomalies", seed, noise_std=0.0, frequencies=frequencies, n_anomalies=n_anomalies
    )
    phases, odd = slots(recording)
    order = np.argmin(np.abs(tone(phases)[:, np.newaxis] - frequencies), axis=1).tolist()
    found, expected, kinds = [], 0, []
    while len(found) < len(order):
        here, after = order[len(found)], (expected + 1) % n_phases
        # At the very end, what comes next is not known; but there nothing happens.
        following = order[len(found) + 1] if len(found) + 1 < len(order) else None
        if here == expected:
            found += [0]
            expected = after
        elif here == after and following == expected:
            kinds.append("swap")
            found += [1, 1]
            expected = (after + 1) % n_phases
        elif here == after:
            kinds.append("skip")
            found += [1]
            expected = (after + 1) % n_phases
        else:
            kinds.append("repeat")
            assert here == (expected - 1) % n_phases
            found += [1]
    np.testing.assert_array_equal(found, odd)
    assert sorted(kinds) == sorted((["swap", "skip", "repeat"] * 3)[:n_anomalies])
    assert not odd[: len(odd) // 2].any()


@pytest.mark.parametrize("size", [8, 40, 41])
def test_every_frame_within_a_rest_is_one_of_the_normal_half(size):
    signal = column(make("order-anomalies", noise_std=0.0))
    frames = np.lib.stride_tricks.sliding_window_view(signal, size)
    normal = {frame.tobytes() for frame in frames[: 10_000 - size]}
    assert {frame.tobytes() for frame in frames} == normal


def test_longer_frames_see_the_order():
    signal = column(make("order-anomalies", noise_std=0.0))
    frames = np.lib.stride_tricks.sliding_window_view(signal, 42)
    normal = {frame.tobytes() for frame in frames[: 10_000 - 42]}
    assert not {frame.tobytes() for frame in frames} <= normal


def test_order_is_as_it_was_up_to_the_first_anomaly():
    recording, clean = make("order-anomalies"), make("order-anomalies", n_anomalies=0)
    first = int(np.argmax(recording.labels))
    np.testing.assert_array_equal(recording.values[:first], clean.values[:first])
    assert (recording.values[first : first + 60] != clean.values[first : first + 60]).all()
    assert not clean.labels.any()


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        ("tones", {"amplitudes": (1.0,)}, "2 frequencies and 1 amplitudes"),
        (
            "tones",
            {"extra_frequency": 500.0},
            "500 Hz cannot be sampled at 1000 Hz: it must be above 0 and below 500",
        ),
        ("tones", {"n_samples": 1}, "at least two samples, not 1"),
        (
            "tones",
            {"length": 10_001},
            "10001 changed samples do not fit in the second half of 20000",
        ),
        ("tones", {"length": 0}, "0 changed samples do not fit"),
        ("tones", {"start": 19_001}, "must start between 0 and 19000, not at 19001"),
        ("tones", {"fs": math.nan}, "above 0, not nan"),
        ("chirp", {"sweep": 0.0}, "sweep of 0 s has fewer than two samples"),
        ("chirp", {"n_samples": 1500}, "second half of 1500 samples holds no whole cycle"),
        ("noise", {"kind": "brown"}, "no noise of kind 'brown': there are white, ar1 and pink"),
        ("noise", {"coefficient": 1.0}, "between −1 and 1, not 1"),
        ("bearing", {"ball_diameter": 40.0}, "cannot run on a pitch circle of diameter 39.04"),
        ("bearing", {"damping": 1.0}, "between 0 and 1, not 1"),
        ("dropout", {"kind": "stuck"}, "no dropout of kind 'stuck': there are freeze and zero"),
        ("level-shift", {"frequency": 50.0}, "50 Hz cannot be sampled at 100 Hz"),
        # Its third harmonic must fit too.
        ("odd-cycle", {"frequency": 20.0}, "60 Hz cannot be sampled at 100 Hz"),
        (
            "order-anomalies",
            {"frequencies": (10.0, 20.0)},
            "three frequencies or more, all different",
        ),
        (
            "order-anomalies",
            {"frequencies": (10.0, 20.0, 30.0, 20.0)},
            "three frequencies or more, all different",
        ),
        (
            "order-anomalies",
            {"frequencies": (10.0, 20.0, 60.0)},
            "60 Hz cannot be sampled at 100 Hz",
        ),
        (
            "order-anomalies",
            {"phase_length": 12},
            "12 samples is shorter than a period of its tone, 12.5 samples",
        ),
        ("order-anomalies", {"rest": -1}, "A rest lasts 0 samples or more, not -1"),
        (
            "order-anomalies",
            {"n_samples": 2000},
            "6 anomalies, a cycle of 6 phases apart, do not fit in 10 phases",
        ),
        ("order-anomalies", {"n_anomalies": -1}, "-1 anomalies"),
    ],
)
def test_what_cannot_be_made_is_said(name, arguments, says):
    with pytest.raises(DataError, match=says):
        make(name, **arguments)


def test_fault_is_in_the_channel_that_says_so_and_nowhere_else():
    recording, clean = (
        make("fault-of-many", n_channels=7),
        make("fault-of-many", n_channels=7, amplitude=0.0),
    )
    first, end = changed(recording)
    for name, values, before in zip(
        recording.channels, recording.values.T, clean.values.T, strict=True
    ):
        differs = values != before
        assert not differs[recording.labels == 0].any()
        assert differs[first:end].mean() == pytest.approx(
            1.0 if name.endswith("(faulty)") else 0.0, abs=0.2
        )
    assert sum(name.endswith("(faulty)") for name in recording.channels) == 1


def test_channels_come_apart_where_it_is_labelled_and_stay_what_they_are():
    recording = make("decoupled", length=5000)
    leader, follower = recording.values.T
    odd = recording.labels == 1
    odd[:3] = False
    together, apart = (
        np.corrcoef(leader[np.flatnonzero(where[3:])], follower[3:][where[3:]])[0, 1]
        for where in (~odd, odd)
    )
    assert together > 0.95
    assert abs(apart) < 0.3
    # Five standard errors of a standard deviation of AR(1) noise: √(½ · 19 / 5000) each.
    assert follower[odd].std() == pytest.approx(follower[~odd].std(), rel=0.25)
