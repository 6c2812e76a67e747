"""Reproduce the third-party files under platform/web/static/vendor from npm, or check what is committed.

    python tools/vendor.py            fetch every package of vendor.lock.json with `npm pack`, verify, write its files
    python tools/vendor.py --check    no network: every committed file is the locked one, and none is unlisted
    python tools/vendor.py --lock     after editing versions or files by hand: fetch and write the digests anew
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOCK = Path(__file__).with_name("vendor.lock.json")
TARGET = Path(__file__).parents[1] / "platform" / "web" / "static" / "vendor"
Package = dict[str, Any]


class Mismatch(Exception):
    """What is there is not what the lock says."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--lock", action="store_true")
    options = parser.parse_args()
    lock = json.loads(LOCK.read_text())
    findings = list(check(lock) if options.check else fetch(lock, trust=options.lock))
    if options.lock and not findings:
        LOCK.write_text(json.dumps(lock, indent=2) + "\n")
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


def check(lock: dict[str, Any]) -> Iterator[str]:
    listed = {folder(p) / name: entry["sha256"] for p in lock["packages"] for name, entry in p["files"].items()}
    for path, expected in listed.items():
        if not path.is_file():
            yield f"missing: {path.relative_to(TARGET)}"
        elif digest(path.read_bytes()) != expected:
            yield f"changed: {path.relative_to(TARGET)}"
    for path in sorted(TARGET.rglob("*")):
        if path.is_file() and path not in listed:
            yield f"not in the lock: {path.relative_to(TARGET)}"


def fetch(lock: dict[str, Any], trust: bool) -> Iterator[str]:
    for package in lock["packages"]:
        try:
            write(package, trust)
        except Mismatch as error:
            yield f"{package['name']}@{package['version']}: {error}"


def write(package: Package, trust: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        archive = download(package, Path(scratch))
        found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if not trust and found != package["integrity"]:
            raise Mismatch(f"integrity is {found}")
        package["integrity"] = found
        with tarfile.open(archive) as tar:
            for name, entry in package["files"].items():
                data = content(tar, entry)
                if not trust and digest(data) != entry["sha256"]:
                    raise Mismatch(f"{name} is {digest(data)}")
                entry["sha256"] = digest(data)
                place = folder(package) / name
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)


def download(package: Package, scratch: Path) -> Path:
    spec = f"{package['name']}@{package['version']}"
    subprocess.run(["npm", "pack", "--silent", spec], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
    return next(scratch.glob("*.tgz"))


def content(tar: tarfile.TarFile, entry: dict[str, Any]) -> bytes:
    if "icons" in entry:
        return sprite(tar, entry["source"], entry["icons"])
    return member(tar, entry["source"])


def member(tar: tarfile.TarFile, path: str) -> bytes:
    file = tar.extractfile(f"package/{path}")
    if file is None:
        raise Mismatch(f"{path} is not a file of the package")
    return file.read()


def sprite(tar: tarfile.TarFile, source: str, names: list[str]) -> bytes:
    """One file of symbols: a page names an icon with `<use>` and the browser caches all of them at once."""
    symbols = [symbol(name, member(tar, f"{source}/{name}.svg").decode()) for name in sorted(set(names))]
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def symbol(name: str, text: str) -> str:
    body = re.search(r"<svg[^>]*>(.*)</svg>", text, re.DOTALL)
    if body is None:
        raise Mismatch(f"icon {name} is not an SVG")
    drawing = re.sub(r"\s+", " ", body[1]).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>'


def folder(package: Package) -> Path:
    return TARGET / f"{package['name'].split('/')[-1] if 'as' not in package else package['as']}@{package['version']}"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
