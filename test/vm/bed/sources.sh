# Sourced by the scripts beside it: where Debian's packages come from, and what no image needs of them.

# The host's own sources where the host is the same Debian (they name a mirror that works), else mmdebstrap's default.
debian_release=bookworm
debian_sources() {
  local file
  grep -qs "VERSION_CODENAME=$debian_release" /etc/os-release || return 0
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if [ -s "$file" ]; then echo "$file"; return; fi
  done
}

# The same mirror's backports, as a line of sources.list.
backports_source() {
  local file mirror
  file=$(debian_sources)
  mirror=$([ -z "$file" ] || grep -ohE 'https?://[^ ]+' "$file" | grep -vE 'security|snapshot' | head -1)
  echo "deb ${mirror:-http://deb.debian.org/debian} $debian_release-backports main"
}

# bootstrap VARIANT ARCHITECTURE PACKAGES FOLDER [SOURCE...]
bootstrap() {
  local variant=$1 arch=$2 packages=$3 folder=$4
  shift 4
  [ $# -gt 0 ] || set -- $(debian_sources)
  mmdebstrap --quiet --variant="$variant" --mode=root --arch="$arch" --include="$packages" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$debian_release" "$folder" "$@"
}
