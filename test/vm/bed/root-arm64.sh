#!/bin/bash
# root-arm64.sh OUT NODE: Debian packages for arm64, only extracted (no foreign binary runs on the host), and the node
# of an unpacked npm package, as the tree OUT/root.
set -euo pipefail
. "$(dirname "$0")/sources.sh"
out=$1 node=$2
bootstrap extract arm64 \
  bash,coreutils,kmod,procps,util-linux,mount,grep,sed,gawk,numactl,libstdc++6,linux-perf,busybox-static "$out/root"
ln -sf bash "$out/root/bin/sh"
install -D -m755 "$node/package/bin/node" "$out/root/usr/local/bin/node"
