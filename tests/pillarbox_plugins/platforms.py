"""Can the suite be run as if on another operating system?

pytest --platform-simulation=windows …            runs tests so; without the option this plugin does nothing
python tests/pillarbox_plugins/platforms.py windows run --data DIR        runs the program itself so
"""

import sys
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.addoption(
        "--platform-simulation", choices=["windows"], help="run Pillarbox as if the operating system were another one"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Simulate before any module of ours is imported, so before the conftests that import some."""
    if early_config.known_args_namespace.platform_simulation == "windows":
        from pillarbox_plugins.windows import simulate

        simulate()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say so, lest somebody takes it for the real thing."""
    wanted = config.getoption("--platform-simulation")
    return f"platform simulation: {wanted} (names and habits of it; not the real thing)" if wanted else None


@pytest.fixture
def program(request: pytest.FixtureRequest) -> list[str]:
    """How a test starts `pillarbox` in a process of its own: under the same simulation as itself."""
    if request.config.getoption("--platform-simulation"):
        return [sys.executable, __file__, str(request.config.getoption("--platform-simulation"))]
    return [sys.executable, "-m", "pillarbox"]


def main(words: list[str]) -> int:
    """Run the program under the simulation that the first word names."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from pillarbox_plugins.windows import simulate

    assert words[:1] == ["windows"], "only windows can be simulated"
    simulate()
    from pillarbox.app.entry import main as program

    return program(words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
