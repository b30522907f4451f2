import pytest

from assistant.llm import pretrained
from sleeplm.errors import ModelError


@pytest.fixture
def converted(monkeypatch, tmp_path):
    """The conversion replaced by a file written, and how often that happened."""
    times = []

    def convert(gguf, folder):
        times.append(gguf)
        (folder / "config.json").write_text("{}")

    monkeypatch.setattr(pretrained, "_convert", convert)
    monkeypatch.setattr(pretrained, "check_sha256", lambda package: None)
    monkeypatch.setenv("SLEEPLM_CACHE", str(tmp_path / "cache"))
    return times


def test_the_packaged_model_is_converted_once(converted):
    folder = pretrained.packaged_folder()
    assert pretrained.packaged_folder() == folder
    assert len(converted) == 1
    assert [f.name for f in folder.parent.iterdir()] == [folder.name]


def test_a_conversion_that_breaks_off_leaves_nothing_behind(converted, monkeypatch, tmp_path):
    def broken(gguf, folder):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pretrained, "_convert", broken)
    with pytest.raises(ModelError, match="No space left on device"):
        pretrained.packaged_folder()
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_altered_package_is_refused(converted, monkeypatch):
    def altered(package):
        raise ModelError("the weights are not the published file")

    monkeypatch.setattr(pretrained, "check_sha256", altered)
    with pytest.raises(ModelError, match="not the published"):
        pretrained.packaged_folder()
    assert converted == []
