"""Static files under an address that names their content, so that a browser may keep them for ever.

The digest covers the whole tree: a module's relative imports stay inside the same address, without a bundler.
"""

from __future__ import annotations

import gzip
import mimetypes
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, abort, request

ICONS = "vendor/tabler-icons@3.51.0/outline.svg"
FOREVER = "public, max-age=31536000, immutable"
_TEXT = ("text/", "application/javascript", "application/json", "image/svg+xml")

mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("font/woff2", ".woff2")


class Assets:
    def __init__(self, app: Flask) -> None:
        self.folder = Path(app.static_folder or Path(__file__).parents[1] / "static")
        self.digest = _digest(self.folder)
        self.icons = frozenset(re.findall(r'<symbol id="([^"]+)"', (self.folder / ICONS).read_text()))
        app.add_url_rule("/assets/<digest>/<path:name>", "asset", self.serve)
        app.jinja_env.globals.update(asset=self.url, icon_url=self.icon)

    def url(self, name: str) -> str:
        """By hand: a page has a hundred icons, and building an address by its rule costs as much as drawing one."""
        return f"{request.script_root}/assets/{self.digest}/{name}"

    def icon(self, name: str) -> str:
        """Where the drawing is; a plain table for a name that is not among the vendored ones."""
        return f"{self.url(ICONS)}#{name if name in self.icons else 'table'}"

    def serve(self, digest: str, name: str) -> Response:
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()) or not path.is_file():
            abort(404)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        packed = kind.startswith(_TEXT) and request.accept_encodings.quality("gzip") > 0
        response = Response(_content(path, packed, path.stat().st_mtime_ns), mimetype=kind)
        response.headers["Cache-Control"] = FOREVER if digest == self.digest else "no-cache"
        response.headers["Vary"] = "Accept-Encoding"
        if packed:
            response.headers["Content-Encoding"] = "gzip"
        return response


@lru_cache(maxsize=256)
def _content(path: Path, packed: bool, _changed: int) -> bytes:
    data = path.read_bytes()
    return gzip.compress(data, mtime=0) if packed else data


def _digest(folder: Path) -> str:
    total = sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total.update(str(path.relative_to(folder)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()[:12]
