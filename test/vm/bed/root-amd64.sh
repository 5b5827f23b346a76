#!/bin/bash
# root-amd64.sh OUT: a configured Debian with systemd and the tools that tests compare with, as the tree OUT/root.
set -euo pipefail
. "$(dirname "$0")/sources.sh"
packages=systemd,systemd-sysv,dbus,udev,kmod,procps,numactl,libcap2-bin,libstdc++6,iproute2,libseccomp2
bootstrap minbase amd64 "$packages,linux-perf,strace,busybox-static" "$1/root"
