#!/bin/bash
# npm-package.sh OUT SPECIFICATION: the content of an npm package for another platform than the host's, as OUT/package.
set -euo pipefail
cd "$1"
npm pack --silent "$2" > name
tar xzf "$(cat name)" --no-same-owner
rm -f name ./*.tgz
