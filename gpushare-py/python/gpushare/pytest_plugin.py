"""A fixture for tests of programs that use GPUs: ``gpushare_sim``, a simulated machine.

The mark ``gpushare_sim`` says which machine; its arguments are those of ``gpushare.simulate``::

    @pytest.mark.gpushare_sim("2xH100-SXM5-80GB", shared=True)
    def test_scheduler(gpushare_sim):
        with gpushare_sim.nvml() as nvml:
            ...
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .sim import Machine


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "gpushare_sim(spec=None, *, config=None, shared=False): which machine the fixture gpushare_sim simulates"
    )


@pytest.fixture
def gpushare_sim(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A simulated machine of the test's own, by default with eight A100-SXM4-40GB.

    ``gpushare.Nvml()`` finds it, in this process and in child processes, as do other NVML programs that are started as child processes.
    """
    from .sim import simulate

    mark = request.node.get_closest_marker("gpushare_sim")
    with simulate(*mark.args, **mark.kwargs) if mark else simulate() as machine:
        for name, value in machine.environment().items():
            monkeypatch.setenv(name, value)
        yield machine
