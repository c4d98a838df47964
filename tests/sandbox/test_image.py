"""The packages of the hosted image, as a requirements file."""

import subprocess
import sys

from graders.sandbox.image import PACKAGES
from graders.sandbox.requirements import requirements


def test_the_module_prints_a_requirements_file_of_every_package() -> None:
    words = [sys.executable, "-m", "graders.sandbox.requirements"]
    printed = subprocess.run(words, capture_output=True, text=True, check=True)
    assert (printed.stdout, printed.stderr) == (requirements(), "")
    assert printed.stdout.splitlines()[:2] == ["numpy==2.2.4", "scipy==1.15.2"]
    assert len(printed.stdout.splitlines()) == len(PACKAGES)
