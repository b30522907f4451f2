import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

DESKTOP = {"width": 1280, "height": 800}


def chromium_path() -> str | None:
    """The browser named by CHROMIUM, else what Debian installs."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")  # no longer: it keeps an event loop running in the thread of the tests
def browser():
    path = chromium_path()
    if path is None:
        message = "no Chromium here (install it, or name it in CHROMIUM)"
        if os.environ.get("SLEEPLM_REQUIRE_ALL"):
            pytest.fail(message)
        pytest.skip(message)
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    """Where the page under test puts uploads; set before the page is built, as app.py does."""
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    return folder


@pytest.fixture
def serve(uploads):
    """Serve a page for the length of a test; gives a function from a page to its address."""
    from assistant.ui.page import launch_options

    served = []

    def begin(page) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        _, url, _ = page.launch(
            server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, **launch_options()
        )
        served.append(page)
        return url

    yield begin
    for page in served:
        page.close(verbose=False)


class Visit:
    """A visitor's tab, with what went wrong in it."""

    def __init__(self, tab, url: str):
        self.tab, self.url, self.outside, self.errors = tab, url, [], []
        tab.on("request", self._request)
        tab.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda e: self.errors.append(str(e)))
        tab.goto(url)
        tab.wait_for_selector("#signals canvas")

    def _request(self, request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.outside.append(request.url)

    @property
    def where(self) -> str:
        """Title of the signal window."""
        return self.tab.inner_text("[data-role=where]")

    def wait_where(self, text: str) -> None:
        """Wait until the signal window is at a place."""
        self.tab.wait_for_function(
            "t => document.querySelector('[data-role=where]').textContent.includes(t)", arg=text, timeout=10_000
        )


@pytest.fixture(scope="module")
def shared_context(browser):
    """One context for all visits that need nothing special: scripts are loaded once."""
    return browser.new_context(viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"])


@pytest.fixture
def visit(browser, shared_context):
    """Open a page as a visitor; gives a function from an address to a `Visit`."""

    @contextmanager
    def opened(url: str, viewport: dict = DESKTOP, **options) -> Iterator[Visit]:
        context = browser.new_context(viewport=viewport, **options) if options else shared_context
        tab = context.new_page()
        tab.set_viewport_size(viewport)
        yield Visit(tab, url)
        tab.close()
        if options:
            context.close()

    return opened
