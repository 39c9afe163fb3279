"""Where the packages lie: beside ``build_decoder/`` here, and below it where they are installed.

pyproject.toml has all else. It can name folders, but cannot find the packages below a folder that
is installed under another name, and nobody should have to list a package that they add.
"""

from setuptools import find_packages, setup

PARTS = ("models", "quant", "hdl", "sim", "boards", "bench")

setup(
    packages=[
        *find_packages(include=["build_decoder", "build_decoder.*"]),
        *(
            f"build_decoder.{package}"
            for part in PARTS
            for package in find_packages(include=[part, f"{part}.*"])
        ),
    ],
    package_dir={f"build_decoder.{part}": part for part in PARTS},
)
