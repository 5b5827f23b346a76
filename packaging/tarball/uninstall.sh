#!/bin/sh
# uninstall.sh [--purge]: stops WCA, gives every changed value its original back, removes the files of install.sh.
# --purge: configuration and state as well. The user wca stays: files elsewhere may belong to it.
set -eu

purge=
if [ "${1:-}" = --purge ]; then
  purge=yes
  shift
fi
if [ $# -gt 0 ]; then
  echo 'usage: uninstall.sh [--purge]' >&2
  exit 2
fi
if [ "$(id -u)" -ne 0 ]; then
  echo 'uninstall.sh: needs root' >&2
  exit 1
fi
list=/usr/lib/wca/.installed
if [ ! -f "$list" ]; then
  echo "uninstall.sh: WCA was not installed from a tarball: there is no $list" >&2
  exit 1
fi

if [ -d /run/systemd/system ]; then
  systemctl disable --now wca-controller.service wca-collector.socket wca-collector.service 2>/dev/null || true
fi
if [ -d /run/wca/ledger ] && ! wca-collector --config /etc/wca/collector.json --restore-now all; then
  echo 'uninstall.sh: not every value has its original back, see above; the next boot resets the rest' >&2
fi
while IFS= read -r file; do
  case $file in
    etc/*) if [ -n "$purge" ]; then rm -f "/$file" "/$file.new"; fi ;;
    *) rm -f "/$file" ;;
  esac
done < "$list"
rm -rf /usr/lib/wca /usr/share/doc/wca
if [ -n "$purge" ]; then
  rm -rf /run/wca /run/wca-controller /var/lib/wca
  rmdir /etc/wca 2>/dev/null || true
fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
