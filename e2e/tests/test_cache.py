"""The cache of what is built: whole or absent, and built once however many want it."""

import concurrent.futures

import cache
import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FIREBREAK_CACHE", str(tmp_path / "cache"))


def test_a_failed_build_leaves_nothing_behind(tmp_path):
    def fail(folder):
        (folder / "half").write_text("half")
        raise RuntimeError("compiler says no")

    with pytest.raises(RuntimeError):
        cache.made(tmp_path / "bin" / "key", fail)
    assert list((tmp_path / "bin").iterdir()) == []


def test_two_that_want_the_same_build_it_once(tmp_path):
    made = []

    def make(folder):
        made.append(folder)
        (folder / "program").write_text("whole")

    with concurrent.futures.ThreadPoolExecutor() as pool:
        folders = set(pool.map(lambda _: cache.made(tmp_path / "bin" / "key", make), range(8)))
    assert len(made) == 1 and folders == {tmp_path / "bin" / "key"}
    assert (tmp_path / "bin" / "key" / "program").read_text() == "whole"


def test_the_cache_is_where_the_user_says(tmp_path, monkeypatch):
    assert cache.root() == tmp_path / "cache"
    monkeypatch.delenv("FIREBREAK_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.root() == tmp_path / "firebreak"


def test_a_changed_pin_is_another_folder():
    assert cache.key("go.mod", "go.sum") != cache.key("requirements.txt")
