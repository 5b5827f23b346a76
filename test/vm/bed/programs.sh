#!/bin/bash
# programs.sh OUT COMPILER SOURCES: each C file of SOURCES as a static program OUT/NAME.
set -euo pipefail
for source in "$3"/*.c; do
  "$2" -O2 -Wall -Wextra -static -o "$1/$(basename "$source" .c)" "$source"
done
