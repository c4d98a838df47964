#!/bin/sh
# Makes what the tests of the report page are opened and examined with:
#   a Chromium: $GRADERS_CHROMIUM, or the one that is installed, or Debian's, installed by apt
#   .envs/packages/axe    axe-core, which examines how accessible a page is
# A second run does only what is missing. Needs npm and tar and, where there is no Chromium, apt-get as root or
# with sudo. Then:
#   eval "$(sh tools/browser.sh)" && pytest -m outside tests/report
# Progress goes to standard error; standard output is the lines that set the variables.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
packages=$root/.envs/packages
mkdir -p "$packages"

found() { # the first Chromium that is there
    for name in "${GRADERS_CHROMIUM:-}" chromium chromium-browser google-chrome; do
        [ -n "$name" ] && command -v "$name" && return
    done
    return 1
}

if ! found > /dev/null; then
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends \
        chromium fonts-dejavu-core > /dev/null
fi
chromium=$(found)

if [ ! -d "$packages/axe" ]; then
    rm -rf "$packages/axe.part"
    mkdir "$packages/axe.part"
    (cd "$packages/axe.part" && npm pack --silent axe-core@4 >&2 && tar xzf ./*.tgz)
    mv "$packages/axe.part" "$packages/axe"
fi

echo "export GRADERS_CHROMIUM='$chromium'"
echo "export GRADERS_AXE='$packages/axe/package/axe.min.js'"
