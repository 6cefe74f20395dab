"""Pictures of every tab of a running garage, to look at before shipping and for the README.

`python tools/take_screenshots.py http://127.0.0.1:7860 FOLDER` writes <tab>-<width>-<theme>.png for
1440×900 and 390×844, light and dark. Needs Playwright and Debian's chromium (or another, by
`--chromium PATH`).
"""

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

TABS = ("Data", "Train", "Compare", "Export")
SIZES = ((1440, 900), (390, 844))
THEMES = ("light", "dark")
SETTLE_MS = 2500  # charts are drawn after the data has come


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=options.chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        for width, height in SIZES:
            for theme in THEMES:
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(f"{options.url}/?__theme={theme}")
                for tab in TABS:
                    page.get_by_role("tab", name=tab).first.click()
                    page.wait_for_timeout(SETTLE_MS)
                    path = options.folder / f"{tab.lower()}-{width}-{theme}.png"
                    page.screenshot(path=path, full_page=True)
                    print(path)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
