"""Take a picture of a served page after a question: ``python docs/screenshot.py URL OUT.png``.

With ``--upload`` files are analysed first. Needs Chromium (named by ``CHROMIUM``, else the one on the path).
"""

import argparse
import os
import shutil
import sys

from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ANALYSIS_MS, ANSWER_MS, PAGE_MS = 600_000, 180_000, 60_000


def main() -> None:
    """Open the page, upload, ask, click the first citation, and save what is seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("out")
    parser.add_argument("--ask", default="When was the longest period awake?", metavar="QUESTION")
    parser.add_argument("--upload", nargs="+", metavar="FILE")
    parser.add_argument("--name", default="", help="name of the uploaded night")
    parser.add_argument("--size", default="1280x800", metavar="WxH")
    arguments = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no Chromium here (install it, or name it in CHROMIUM)")
    width, height = map(int, arguments.size.split("x"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        tab = browser.new_page(viewport={"width": width, "height": height})
        tab.goto(arguments.url)
        tab.wait_for_selector("#signals canvas", timeout=PAGE_MS)
        if arguments.upload:
            upload(tab, arguments.upload, arguments.name)
        ask(tab, arguments.ask)
        tab.evaluate("window.scrollTo(0, 0)")
        tab.screenshot(path=arguments.out)
        browser.close()


def upload(tab, files: list[str], name: str) -> None:
    """Analyse files as a visitor would."""
    tab.click("#add-open")
    tab.set_input_files("#files input[type=file]", files)
    tab.wait_for_function(f"document.querySelectorAll('#files .file').length === {len(files)}", timeout=PAGE_MS)
    tab.fill("#name input, #name textarea", name)
    tab.click("#analyse")
    tab.wait_for_selector("#notice .sl-notice", timeout=ANALYSIS_MS)
    print(tab.inner_text("#notice"))


def ask(tab, question: str) -> None:
    """Ask, wait for the whole answer, and follow its first citation."""
    tab.fill("#question textarea", question)
    tab.click("#send")
    tab.wait_for_selector("#chat .sl-copy", timeout=ANSWER_MS)
    print(tab.inner_text("#chat .sl-text"))
    chip = tab.locator("#chat .sl-chip").first
    if chip.count():
        before = tab.inner_text("[data-role=where]")
        chip.click()
        tab.wait_for_timeout(1500)
        print(f"{before} -> {tab.inner_text('[data-role=where]')}")


if __name__ == "__main__":
    main()
