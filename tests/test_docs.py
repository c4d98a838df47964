"""The pages of docs/ as they are built: complete, and nothing in them comes from elsewhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import graders

LOADS = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src", "object": "data"}


class Loaded(HTMLParser):
    """Collects the addresses that a page loads by itself, and its inline styles."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        address = dict(attrs).get(LOADS.get(tag, ""))
        if address:
            self.addresses.append(address)


@pytest.fixture(scope="module")
def site(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_loads_nothing_from_elsewhere_and_no_font(site: Path) -> None:
    pages, styles = sorted(site.rglob("*.html")), sorted(site.rglob("*.css"))
    assert pages
    assert styles
    for page in pages:
        loaded = Loaded()
        loaded.feed(page.read_text(encoding="utf-8"))
        assert "script" not in loaded.tags
        assert all((page.parent / address).is_file() for address in loaded.addresses), page
    for style in styles:
        text = style.read_text(encoding="utf-8")
        addresses = re.findall(r"url\(['\"]?([^'\")]*)", text)
        assert [address for address in addresses if not address.startswith("data:")] == []
        assert "@import" not in text
        assert "@font-face" not in text
    assert not [path for path in site.rglob("*") if path.suffix in (".woff", ".woff2", ".ttf", ".otf")]


def test_whatever_the_pages_import_stands_in_the_reference(repository: Path) -> None:
    reference = (repository / "docs" / "reference.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^::: (\S+)$", reference, re.MULTILINE))
    pages = [repository / "README.md", *(repository / "docs").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    imports = re.findall(r"^ *from (graders[\w.]*) import (.+)$", text, re.MULTILINE)
    imported = {f"{module}.{name}" for module, names in imports for name in names.split(", ")}
    assert len(imported) > 20
    # of a class of the front door its page is enough
    assert {name for name in imported if f"graders.{name.rpartition('.')[2]}" not in described} <= described


def test_the_reference_describes_the_front_door(site: Path) -> None:
    text = (site / "reference.html").read_text(encoding="utf-8")
    described = set(re.findall(r'id="([\w.]+)"', text))
    missing = [
        name
        for name in graders.__all__
        if not any(each.startswith("graders.") and each.endswith(f".{name}") for each in described)
    ]
    assert missing == []
