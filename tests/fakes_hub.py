"""A hub of a few repositories on this machine, with the addresses and the headers of the real one."""

import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Hub:
    """Folders by the name of their repository, and what was asked for."""

    folders: dict[str, Path] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def commit(self, name: str) -> str:
        """Changes with the files' contents, as a commit does."""
        whole = hashlib.sha1()
        for file in sorted(self.folders[name].iterdir()):
            whole.update(file.name.encode() + file.read_bytes())
        return whole.hexdigest()

    def answer(self, path: str) -> tuple[dict, bytes] | None:
        """Headers and body for a path; None where there is nothing."""
        path = path.split("?")[0]
        for name, folder in self.folders.items():
            if path in (f"/api/models/{name}", f"/api/models/{name}/revision/main"):
                files = [{"rfilename": file.name} for file in folder.iterdir()]
                body = {"id": name, "sha": self.commit(name), "siblings": files, "private": False}
                return {"Content-Type": "application/json"}, json.dumps(body).encode()
            start = f"/{name}/resolve/{self.commit(name)}/"
            if path.startswith(start) and (file := folder / path.removeprefix(start)).is_file():
                content = file.read_bytes()
                etag = hashlib.sha256(content).hexdigest()
                return {"ETag": f'"{etag}"', "X-Repo-Commit": self.commit(name)}, content
        return None


@contextmanager
def serving(hub: Hub):
    """Serve a hub for a while, at ``hub.address``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._reply(True)

        def do_HEAD(self):
            self._reply(False)

        def _reply(self, with_body: bool):
            hub.asked.append(f"{self.command} {self.path}")
            headers, body = hub.answer(self.path) or ({}, None)
            self.send_response(404 if body is None else 200)
            for key, value in (headers | {"Content-Length": str(len(body or b""))}).items():
                self.send_header(key, value)
            self.end_headers()
            if with_body and body:
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
