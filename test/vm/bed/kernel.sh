#!/bin/bash
# kernel.sh OUT ARCHITECTURE PACKAGE: a Debian kernel with its modules, as OUT/vmlinuz, OUT/lib/modules/VERSION.
# PACKAGE ending in /backports comes from the backports of the same mirror.
set -euo pipefail
. "$(dirname "$0")/sources.sh"
out=$1 arch=$2 package=$3
if [ "${package%/backports}" != "$package" ]; then
  package=${package%/backports}
  bootstrap extract "$arch" "$package/$debian_release-backports" "$out/root" $(debian_sources) "$(backports_source)"
else
  bootstrap extract "$arch" "$package" "$out/root"
fi
mkdir -p "$out/lib"
mv "$out"/root/boot/vmlinuz-* "$out/vmlinuz"
mv "$out/root/lib/modules" "$out/lib/modules"
rm -rf "$out/root"
find "$out/lib/modules" -name '*.ko.xz' -exec xz -d {} + # busybox's insmod reads only plain modules
depmod -b "$out" "$(basename "$out"/lib/modules/*)"
