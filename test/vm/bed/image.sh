#!/bin/bash
# image.sh OUT KERNEL ROOT INIT: what QEMU boots, from the folders of kernel.sh and root-*.sh: OUT/vmlinuz,
# OUT/initrd.gz, OUT/root.img. INIT is the program that the initramfs hands over to.
set -euo pipefail
out=$1 kernel=$2 root=$3/root init=$4
guest=$(dirname "$0")/../guest
version=$(basename "$kernel"/lib/modules/*)
tree=$out/tree

modules() { # the files of modules and of what they need, in the order to load them
  local name
  for name in "$@"; do modprobe -d "$kernel" -S "$version" --show-depends "$name" 2>/dev/null || true; done |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

cp "$kernel/vmlinuz" "$out/vmlinuz"
cp -al "$root" "$tree" 2>/dev/null || cp -a "$root" "$tree"

# /lib/modules: only what a test can want; the whole folder would be 400 MB.
rm -rf "$tree/lib/modules"
mkdir -p "$tree/lib/modules/$version"
cp "$kernel/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$tree/lib/modules/$version/"
modules virtio_pci virtio_mmio virtio_blk virtio_rng ext4 9p 9pnet_virtio overlay msr loop | while read -r file; do
  install -D -m644 "$file" "$tree/lib/modules/$version/${file#*/lib/modules/"$version"/}"
done
depmod -b "$tree" "$version"

mkdir -p "$tree"/{host,project,proc,sys,dev,run,tmp}
install -D -m755 "$guest/vmtest" "$tree/usr/local/sbin/vmtest"
if [ -x "$tree/lib/systemd/systemd" ]; then
  # The host's node: it needs glibc and libstdc++6 only.
  install -D -m755 "$(readlink -f "$(command -v node)")" "$tree/usr/local/bin/node"
  units=$tree/etc/systemd/system
  rm -f "$tree"/etc/{hostname,fstab,machine-id}
  echo wca-vm > "$tree/etc/hostname"
  echo 0123456789abcdef0123456789abcdef > "$tree/etc/machine-id"
  touch "$tree/etc/fstab"
  for unit in getty@tty1.service serial-getty@ttyS0.service apt-daily.timer apt-daily-upgrade.timer \
    dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-timesyncd.service \
    systemd-networkd.service systemd-resolved.service systemd-pstore.service systemd-update-utmp.service systemd-update-utmp-runlevel.service \
    systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket systemd-udevd-kernel.socket; do
    ln -sf /dev/null "$units/$unit"
  done
  install -m644 "$guest/vmtest.service" "$units/vmtest.service"
  mkdir -p "$units/multi-user.target.wants"
  ln -sf ../vmtest.service "$units/multi-user.target.wants/vmtest.service"
  ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
else
  install -m755 "$guest/small-init" "$tree$init"
fi
mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$tree" "$out/root.img" 900M
rm -rf "$tree"

# initramfs: busybox and the modules of the root disk.
initrd=$out/initrd
mkdir -p "$initrd"/{bin,proc,sys,dev,mnt,modules}
cp "$root/bin/busybox" "$initrd/bin/"
number=10
while read -r file; do
  cp "$file" "$initrd/modules/$number-$(basename "$file")"
  number=$((number + 1))
done < <(modules virtio_pci virtio_mmio virtio_blk ext4)
sed "s|@INIT@|$init|" "$guest/initramfs-init" > "$initrd/init"
chmod +x "$initrd/init"
(cd "$initrd" && find . | cpio -o -H newc --quiet | gzip -1) > "$out/initrd.gz"
rm -rf "$initrd"
