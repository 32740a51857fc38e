"""Labelled series of every kind a detector meets: made up, and the same for the same seed."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

START = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday


@dataclass(frozen=True)
class Series:
    """`windows` are half-open ranges of positions, one for each anomaly."""

    kind: str
    times: list[datetime]
    values: list[float]
    windows: list[tuple[int, int]]


def regular(points: int, minutes: float) -> list[datetime]:
    return [START + timedelta(minutes=minutes * n) for n in range(points)]


def hour_of_day(time: datetime) -> float:
    return time.hour + time.minute / 60 + time.second / 3600


def weekend(time: datetime) -> bool:
    return time.weekday() >= 5


def bump(hour: float, centre: float, width: float) -> float:
    """A smooth hill around an hour of the day, 1 at the top."""
    away = min(abs(hour - centre), 24 - abs(hour - centre))
    return math.exp(-((away / width) ** 2) / 2)


def poisson(random: Random, mean: float) -> int:
    if mean > 500:
        return max(0, round(random.gauss(mean, math.sqrt(mean))))
    count, left = 0, random.expovariate(1)
    while left < mean:
        count += 1
        left += random.expovariate(1)
    return count


def clumped(random: Random, mean: float, shape: float) -> int:
    """Negative binomial: a Poisson count whose mean is itself gamma."""
    return poisson(random, random.gammavariate(shape, mean / shape)) if mean > 0 else 0


def autoregressive(random: Random, points: int, phi: float, sigma: float) -> list[float]:
    values, value = [], 0.0
    for _ in range(points):
        value = phi * value + random.gauss(0, sigma)
        values.append(value)
    return values


def places(
    random: Random, points: int, many: int, length: int, first: float = 0.3
) -> list[tuple[int, int]]:
    """`many` windows of one length, far from each other, after the first part of the series."""
    begin = int(points * first)
    room = (points - begin) // many
    return [
        (start, start + length)
        for part in range(many)
        for start in [begin + part * room + random.randrange(max(1, room - 2 * length))]
    ]


def server_load(random: Random) -> Series:
    """CPU percent every five minutes, a mild day; sustained load, and a spike."""
    times = regular(4032, 5)
    noise = autoregressive(random, len(times), 0.7, 2.0)
    values = [
        25 + 10 * bump(hour_of_day(time), 14, 4) + noise[n] + abs(random.gauss(0, 1))
        for n, time in enumerate(times)
    ]
    windows = places(random, len(times), 3, 48)
    for number, (start, end) in enumerate(windows):
        for n in range(start, end if number else start + 3):
            values[n] += random.uniform(25, 40)
    return Series("server load", times, [min(100.0, max(0.0, v)) for v in values], windows)


def requests(random: Random) -> Series:
    """Requests per five minutes, day and week; a burst, a sag and an outage."""
    times = regular(14 * 288 * 2, 5)
    means = [
        (20 + 180 * bump(hour_of_day(time), 13, 4)) * (0.4 if weekend(time) else 1)
        for time in times
    ]
    windows = places(random, len(times), 3, 36, first=0.55)
    for (start, end), factor in zip(windows, (2.5, 0.3, 0.0), strict=True):
        for n in range(start, end):
            means[n] *= factor
    return Series("requests", times, [float(clumped(random, m, 40)) for m in means], windows)


def taxi_rides(random: Random) -> Series:
    """Rides per half hour, day and week over three months; a quiet day, a storm, a feast."""
    times = regular(90 * 48, 30)
    drift = autoregressive(random, len(times), 0.9, 0.02)
    means = []
    for n, time in enumerate(times):
        hour = hour_of_day(time)
        # Friday's evening and Sunday's turn into one another, over twelve hours.
        free = sum(weekend(time + timedelta(hours=off)) for off in range(-6, 6)) / 12
        work = 0.2 + 0.8 * bump(hour, 8.5, 1.8) + 1.0 * bump(hour, 19, 3)
        rest = 0.35 + 0.8 * bump(hour, 15, 4) + 0.9 * bump(hour, 0, 2.5)
        shape = free * rest + (1 - free) * work
        means.append(18000 * shape * math.exp(drift[n]))
    days = sorted(random.sample(range(35, 88, 4), 3))
    windows = [(day * 48 + 6, day * 48 + 54) for day in days]
    for (start, end), factor in zip(windows, (0.6, 0.25, 1.45), strict=True):
        for n in range(start, end):
            means[n] *= factor
    values = [float(round(random.gauss(m, 0.03 * m))) for m in means]
    return Series("taxi rides", times, values, windows)


def temperature(random: Random) -> Series:
    """A machine's temperature every five minutes, slowly wandering; two collapses, and a spike.

    The spike would be nothing beside the wandering, and is far off beside the noise.
    """
    times = regular(6000, 5)
    wander = autoregressive(random, len(times), 0.995, 0.35)
    values = [
        85 + wander[n] + 2 * math.sin(hour_of_day(time) / 24 * 2 * math.pi) + random.gauss(0, 0.4)
        for n, time in enumerate(times)
    ]
    windows = places(random, len(times), 3, 96)
    for number, (start, end) in enumerate(windows):
        if number == 1:
            values[start] += random.choice([-1, 1]) * 7
            continue
        for n in range(start, end):
            values[n] -= 25 * min(1.0, (n - start + 1) / 24)
    return Series("temperature", times, values, windows)


def clicks(random: Random) -> Series:
    """Clicks per hour, clumped, with a heavy tail of their own; a campaign, and a broken page."""
    times = regular(2400, 60)
    means = [4 + 16 * bump(hour_of_day(time), 20, 5) for time in times]
    windows = places(random, len(times), 2, 12, first=0.4)
    for (start, end), factor in zip(windows, (8.0, 0.0), strict=True):
        for n in range(start, end):
            means[n] *= factor
    return Series("clicks", times, [float(clumped(random, m, 4)) for m in means], windows)


def rare_counts(random: Random) -> Series:
    """Nearly always zero, one error now and then; a handful of errors."""
    times = regular(4000, 5)
    values = [float(poisson(random, 0.01)) for _ in times]
    windows = places(random, len(times), 2, 12)
    for start, end in windows:
        for n in range(start, end):
            values[n] += poisson(random, 2)
        values[start + 1] += 5
    return Series("rare counts", times, values, windows)


def spikes(random: Random) -> Series:
    """White noise of any scale, single points off by eight standard deviations and more."""
    times = regular(3000, 1)
    scale = 10 ** random.uniform(-4, 6)
    values = [random.gauss(5, 1) for _ in times]
    windows = places(random, len(times), 4, 10)
    for start, _ in windows:
        values[start + 2] += random.choice([-1, 1]) * random.uniform(8, 20)
    return Series("spikes", times, [scale * value for value in values], windows)


def bursts(random: Random) -> Series:
    """Counts per minute; half an hour at twice the rate and more."""
    times = regular(4000, 1)
    windows = places(random, len(times), 3, 30)
    busy = {n for start, end in windows for n in range(start, end)}
    factor = random.uniform(2, 3)
    return Series(
        "bursts",
        times,
        [float(clumped(random, 12 * (factor if n in busy else 1), 10)) for n in range(len(times))],
        windows,
    )


def dropouts(random: Random) -> Series:
    """A steady flow that falls to zero for a few minutes."""
    times = regular(3000, 1)
    values = [random.gauss(50, 4) for _ in times]
    windows = places(random, len(times), 3, 20)
    for start, end in windows:
        for n in range(start, start + random.choice([1, 5, end - start])):
            values[n] = 0.0
    return Series("dropouts", times, values, windows)


def level_shifts(random: Random) -> Series:
    """A level that moves for good, twice, and noise that remembers."""
    times = regular(3000, 5)
    noise = autoregressive(random, len(times), 0.5, 1.0)
    windows = places(random, len(times), 2, 60)
    values = []
    for n, off in enumerate(noise):
        level = sum(
            sign * 7 for sign, (start, _) in zip((1, -1), windows, strict=True) if n >= start
        )
        values.append(100 + level + off)
    return Series("level shifts", times, values, windows)


def slow_drift(random: Random) -> Series:
    """A disk that fills, with a day; one jump, that the drift must not hide."""
    times = regular(3000, 10)
    values = [
        20 + 0.02 * n + 2 * bump(hour_of_day(time), 12, 3) + random.gauss(0, 0.5)
        for n, time in enumerate(times)
    ]
    windows = places(random, len(times), 1, 30)
    for start, end in windows:
        for n in range(start, end):
            values[n] += 8
    return Series("slow drift", times, values, windows)


def changed_variance(random: Random) -> Series:
    """Noise that grows fourfold for a while around an unchanged mean."""
    times = regular(3000, 5)
    windows = places(random, len(times), 2, 80)
    wild = {n for start, end in windows for n in range(start, end)}
    values = [random.gauss(10, 4 if n in wild else 1) for n in range(len(times))]
    return Series("changed variance", times, values, windows)


def flat_lines(random: Random) -> Series:
    """A sensor that sticks at its last value."""
    times = regular(3000, 5)
    values = [20 + v + random.gauss(0, 0.3) for v in autoregressive(random, len(times), 0.95, 0.5)]
    windows = places(random, len(times), 2, 80)
    for start, end in windows:
        for n in range(start, end):
            values[n] = values[start - 1]
    return Series("flat lines", times, values, windows)


def irregular(random: Random) -> Series:
    """Points at random moments, with gaps of half a day, of a daily rhythm; spikes and a shift."""
    times, time = [], START
    for n in range(3000):
        time += timedelta(seconds=1 + random.expovariate(1 / 400))
        if n % 700 == 699:
            time += timedelta(hours=12)
        times.append(time)
    values = [50 + 15 * bump(hour_of_day(time), 15, 4) + random.gauss(0, 2) for time in times]
    windows = places(random, len(times), 3, 20)
    for (start, end), last in zip(windows, (1, 1, 20), strict=True):
        for n in range(start, min(end, start + last)):
            values[n] += 25
    return Series("irregular", times, values, windows)


def batch_jobs(random: Random) -> Series:
    """A spike at every full hour is what is normal; one far higher, and one that does not come."""
    times = regular(4032, 5)
    values = [
        (random.gauss(60, 4) if n % 12 == 3 else random.gauss(5, 1)) for n in range(len(times))
    ]
    windows = places(random, len(times), 2, 24)
    for (start, _), height in zip(windows, (95, 40), strict=True):
        for n in range(start, start + 6):
            values[n] = random.gauss(height, 4)
    return Series("batch jobs", times, values, windows)


def usual_spikes(random: Random) -> Series:
    """One point in eighty is a spike, and that is normal; for an hour and a half, one in four."""
    times = regular(4000, 5)
    windows = places(random, len(times), 2, 18, first=0.5)
    dense = {n for start, end in windows for n in range(start, end)}
    values = [
        random.gauss(20, 1)
        + (random.uniform(15, 30) if random.random() < (0.25 if n in dense else 1 / 80) else 0)
        for n in range(len(times))
    ]
    return Series("usual spikes", times, values, windows)


def heavy_tails(random: Random) -> Series:
    """Nothing happens, but the noise has the tail of a Student t with three degrees."""
    times = regular(4000, 5)
    values = [random.gauss(0, 1) / math.sqrt(random.gammavariate(1.5, 1 / 1.5)) for _ in times]
    return Series("heavy tails", times, values, [])


def calm(random: Random) -> Series:
    """Nothing happens to a count with a day and a week."""
    times = regular(42 * 48, 30)
    values = [
        float(poisson(random, (2 + 30 * bump(hour_of_day(t), 14, 4)) * (0.3 if weekend(t) else 1)))
        for t in times
    ]
    return Series("calm", times, values, [])


KINDS: list[Callable[[Random], Series]] = [
    server_load,
    requests,
    taxi_rides,
    temperature,
    clicks,
    rare_counts,
    spikes,
    bursts,
    dropouts,
    level_shifts,
    slow_drift,
    changed_variance,
    flat_lines,
    irregular,
    batch_jobs,
    usual_spikes,
    heavy_tails,
    calm,
]


def made(seeds: range) -> list[Series]:
    """One series of each kind for each seed."""
    return [make(Random(f"{make.__name__} {seed}")) for seed in seeds for make in KINDS]
