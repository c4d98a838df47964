"""What every test shares: how many examples hypothesis tries, and where the repository is."""

import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from graders.sandbox import LEVELS, probe
from graders.sandbox.confinement import Confinement

settings.register_profile("default", derandomize=True, deadline=None, max_examples=60)
settings.register_profile(
    "soak", deadline=None, max_examples=3000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Run more tests at once than cores, as most wait for what they begin; a long one keeps its core busy."""
    if "not long" not in config.option.markexpr or "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # xdist decides
    return (os.cpu_count() or 2) * 3 // 2


@pytest.fixture(scope="session", autouse=True)
def _cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the cache, and what chooses an embedder, of whoever runs the tests out of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        for name in ("GRADERS_EMBEDDINGS_URL", "GRADERS_EMBEDDINGS_MODEL"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def confinement() -> Confinement:
    """The strongest sandbox that this machine gives; level `full`, where nothing stands in its way."""
    return Confinement(next(level for level in LEVELS if probe(level)), workers=2)


def _load(name: str, folder: str = "hosted") -> ModuleType:
    """Load a module of a folder of tests that several folders share."""
    path = Path(__file__).parent / folder / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def hosted_api() -> ModuleType:
    """The module of the hosted API over loopback."""
    return _load("hosted_api")


@pytest.fixture(scope="session")
def published() -> ModuleType:
    """The module of the published shapes and scores."""
    return _load("published")


@pytest.fixture
def hosted(hosted_api: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A hosted API over loopback that holds nothing yet."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with hosted_api.serving(hosted_api.HostedApi()) as api:
        yield api


@contextlib.contextmanager
def _running_postgres() -> Iterator[Any]:
    """Run a PostgreSQL server, of the programs in the folder that GRADERS_POSTGRES names."""
    programs = os.environ.get("GRADERS_POSTGRES")
    if not programs:
        pytest.skip("no PostgreSQL server can be started here: tools/postgres.sh finds or installs one")
    with _load("postgres", "store").running(Path(programs)) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server that all tests share."""
    with _running_postgres() as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Any]:
    """A PostgreSQL server that a test may stop."""
    with _running_postgres() as server:
        yield server


DATABASES = ("sqlite", pytest.param("postgres", marks=pytest.mark.outside))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that has a database on each kind of one, unless a mark says why one kind is enough."""
    if "new_database" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("one_database"):
        metafunc.parametrize("new_database", DATABASES, indirect=True, scope="session")


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """Make an empty database and give its URL; None stands for SQLite in the folder of the store."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return lambda: None
    make: Callable[[], str] = request.getfixturevalue("postgres").database
    return make


@pytest.fixture
def database(new_database: Callable[[], str | None]) -> str | None:
    """The URL of an empty database; None stands for SQLite in the folder of the store."""
    return new_database()


@pytest.fixture(scope="session")
def misbehaving() -> ModuleType:
    """The module of the endpoint that fails in every way."""
    return _load("misbehaving", "endpoints")


@pytest.fixture
def endpoint(misbehaving: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An OpenAI-compatible endpoint over loopback; the key of the environment is the canary."""
    for name in ("OPENAI_BASE_URL", "OPENAI_API_VERSION", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_AD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"NO_PROXY": "127.0.0.1", "OPENAI_API_KEY": misbehaving.CANARY}.items():
        monkeypatch.setenv(name, value)
    with misbehaving.serving(misbehaving.Endpoint()) as endpoint:
        yield endpoint
