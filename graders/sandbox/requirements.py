"""The requirements file of an environment with the packages of the hosted image.

python -m graders.sandbox.requirements > image.txt
"""

from graders.sandbox.image import PACKAGES


def requirements() -> str:
    """Give a line for each package, with the version of the image."""
    return "".join(f"{distribution}=={version}\n" for distribution, version in PACKAGES.values())


if __name__ == "__main__":
    print(requirements(), end="")
