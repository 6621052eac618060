#!/usr/bin/env bash
# Each header compiles on its own, in both compilers.
set -u
number=0
flags="-std=c17 -D_GNU_SOURCE -I. -Wall -Wextra -Wno-unused-function -Wno-unused-const-variable $(pkg-config --cflags gsl sqlite3 libconfig yaml-0.1 jansson sleef)"
for compiler in gcc clang; do
    number=$((number + 1))
    if ! command -v $compiler >/dev/null; then
        echo "ok $number - each header compiles on its own with $compiler # SKIP no $compiler"
        continue
    fi
    bad=""
    for header in sim/*/*.h models/*/*.h models/clouds/*/*.h; do
        [[ -e $header ]] || continue
        # shellcheck disable=SC2086
        printf '#include "%s"\ntypedef int not_empty;\n' "$header" | $compiler $flags -Werror -xc -fsyntax-only - 2>/dev/null || bad+=" $header"
    done
    [[ -z $bad ]] && echo "ok $number - each header compiles on its own with $compiler" ||
        { echo "not ok $number - each header compiles on its own with $compiler"; echo "  # $bad"; }
done
echo "1..$number"
