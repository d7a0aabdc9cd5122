"""How long the kernels keep a start waiting: compiled anew, and loaded from the cache."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COLD_SECONDS_MAX = 60
WARM_SECONDS_MAX = 2

START = "from engine.venue import warm_up; warm_up(print)"


def start(cache: Path) -> None:
    """Start a process with this cache, and end it when its kernels are ready."""
    environment = os.environ | {"CUOHE_CACHE": str(cache)}
    command = [sys.executable, "-c", START]
    subprocess.run(command, env=environment, check=True, timeout=COLD_SECONDS_MAX)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


def bench_cold(benchmark, cache):
    benchmark.pedantic(start, (cache,), rounds=1)


def bench_warm(benchmark, cache):
    benchmark.pedantic(start, (cache,), rounds=7, warmup_rounds=1)
    assert benchmark.stats.stats.min < WARM_SECONDS_MAX
