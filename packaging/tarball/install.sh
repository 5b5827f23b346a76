#!/bin/sh
# install.sh [--root DIR]: copies WCA into the system (or an image below DIR). Existing configuration stays as it is.
# Nothing is enabled or started; what runs already is restarted and keeps what is allocated.
set -eu

root=
if [ "${1:-}" = --root ] && [ -n "${2:-}" ]; then
  root=${2%/}
  shift 2
fi
if [ $# -gt 0 ]; then
  echo 'usage: install.sh [--root DIR]' >&2
  exit 2
fi
if [ "$(id -u)" -ne 0 ] && [ -z "$root" ]; then
  echo 'install.sh: needs root' >&2
  exit 1
fi

node=$(command -v node || true)
if [ -z "$node" ] || ! "$node" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  echo 'install.sh: needs Node.js 20.19 or newer as `node` in the PATH' >&2
  exit 1
fi

fresh=
[ -e "$root/etc/wca/config.yaml" ] || fresh=yes
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
list=$(mktemp)
trap 'rm -f "$list"' EXIT
(cd "$here/files" && find . -type f | sed 's|^\./||' | LC_ALL=C sort) > "$list"

# What an older version had and this one has not goes away; configuration never does.
old=$root/usr/lib/wca/.installed
if [ -f "$old" ]; then
  LC_ALL=C comm -23 "$old" "$list" | while IFS= read -r file; do
    case $file in etc/*) ;; *) rm -f "$root/$file" ;; esac
  done
fi
while IFS= read -r file; do
  target=$root/$file
  mkdir -p "$(dirname "$target")"
  case $file in
    etc/*) if [ -e "$target" ]; then target=$target.new; fi ;;
  esac
  # Renamed into place: a program that runs keeps the file it has open.
  cp "$here/files/$file" "$target.wca-new"
  case $file in
    usr/bin/* | usr/lib/systemd/system/*.service) sed -i "s|/usr/bin/node|$node|g" "$target.wca-new" ;;
  esac
  if [ -x "$here/files/$file" ]; then chmod 0755 "$target.wca-new"; else chmod 0644 "$target.wca-new"; fi
  mv "$target.wca-new" "$target"
  case $target in
    *.new) if cmp -s "$target" "${target%.new}"; then rm "$target"; else echo "kept ${target%.new}; the new default is $target"; fi ;;
  esac
done < "$list"
cp "$list" "$old"
cp "$here/uninstall.sh" "$root/usr/lib/wca/uninstall.sh"
chmod 0755 "$root/usr/lib/wca/uninstall.sh"

if [ -n "$root" ]; then exit 0; fi
systemd-sysusers wca.conf
systemd-tmpfiles --create wca.conf
# Passwords of storages may be in it: for the controller to read, not for everybody.
if [ -n "$fresh" ]; then
  chgrp wca /etc/wca/config.yaml
  chmod 0640 /etc/wca/config.yaml
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  if systemctl is-active --quiet wca-collector.service; then
    systemctl kill --signal=SIGUSR2 --kill-who=main wca-collector.service
  fi
  systemctl try-restart wca-controller.service
fi
cat <<'END'
WCA is installed. Look at /etc/wca/config.yaml, then:
  systemctl enable --now wca-collector.socket wca-controller.service
  wca-ctl doctor
To remove it: /usr/lib/wca/uninstall.sh
END
