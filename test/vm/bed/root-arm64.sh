#!/bin/bash
# root-arm64.sh OUT NODE_PACKAGE: Debian packages for arm64, only extracted (no foreign binary runs on the host), and
# the node binary of an npm package, as the tree OUT/root.
set -euo pipefail
. "$(dirname "$0")/sources.sh"
out=$1
bootstrap extract arm64 \
  bash,coreutils,kmod,procps,util-linux,mount,grep,sed,gawk,numactl,libstdc++6,linux-perf,busybox-static "$out/root"
mkdir "$out/npm"
(cd "$out/npm" && npm pack --silent "$2" >/dev/null && tar xzf ./*.tgz)
ln -sf bash "$out/root/bin/sh"
install -D -m755 "$out/npm/package/bin/node" "$out/root/usr/local/bin/node"
rm -rf "$out/npm"
