#!/bin/sh
# Makes .envs/node of the repository: npm's official client, which drives a server in tests/server as pip's do.
# A second run does nothing, unless this file has changed. Where Node or npm is missing, apt-get installs
# Debian's, as root or with sudo. Then:
#   eval "$(sh tools/node.sh)" && pytest -m outside tests/server
# Progress goes to standard error; standard output is the line that sets the variable.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
node=$root/.envs/node

if ! command -v node > /dev/null || ! command -v npm > /dev/null; then
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends nodejs npm > /dev/null
fi

if [ "$(node -p 'parseInt(process.versions.node)')" -lt 20 ]; then
    echo 'npm has a client for Node 20 and newer only' >&2
    exit
fi

if [ ! "$node/ready" -nt "$root/tools/node.sh" ]; then
    mkdir -p "$node"
    npm install --prefix "$node" --silent --no-fund --no-audit --ignore-scripts openai@7 >&2
    touch "$node/ready"
fi

echo "export GRADERS_NODE_MODULES='$node/node_modules'"
