#!/usr/bin/env bash
# make install: the program, and the two cores as libraries that other programs can use.
# alone: make may build the program anew, under the feet of those that run it
set -u
. "$(dirname "$0")/../harness.sh"
harness_begin installed_files_are_enough tests/golden/install
BUILD=$(realpath "${BUILD:-$(dirname "$NINES")}")
variant=$(basename "$BUILD")
case $variant in
asan) sanitize=-fsanitize=address,undefined ;;
tsan) sanitize=-fsanitize=thread ;;
*) sanitize= ;;
esac
root=$temporary/root prefix=/opt/nines

run_make() { # TARGET: without the flags of a make that runs this test
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make --no-print-directory VARIANT="${variant%-mpi}" \
        MPI="$([[ $variant == *-mpi ]] && echo 1)" DESTDIR="$root" PREFIX=$prefix "$1" 2>&1
}
packages() { PKG_CONFIG_SYSROOT_DIR=$root PKG_CONFIG_PATH=$root$prefix/lib/pkgconfig pkg-config "$@"; }

output=$(run_make install) || failed=1
report make_install_works "${failed:+$(tail -n 5 <<<"$output")}"
(cd "$root" && find . -type f ! -name '*.h' | LC_ALL=C sort) >"$temporary/files"
report everything_has_its_place "$(hold_stream files.stdout "$temporary/files")"
report the_installed_program_runs "$("$root$prefix/bin/nines" --version >"$temporary/version" 2>&1 || cat "$temporary/version")"
read -r _ version _ <"$temporary/version"
report the_package_has_the_programs_version "$([[ ${version%,} == "$(packages --modversion nines-market)" ]] || echo "'$version' and '$(packages --modversion nines-market)'")"

# pkg-config gives several words: they are split on purpose.
# shellcheck disable=SC2046
report every_installed_header_stands_alone "$(cd "$root$prefix/include/nines" && find . -name '*.h' | while read -r header; do
    gcc -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only $(packages --cflags nines-gpu) -x c "$header" 2>&1 | head -n 3
done)"
for core in market gpu; do
    why=$(gcc -std=c17 -Wall -Wextra -Wpedantic -Werror $sanitize -o "$temporary/$core" examples/$core.c $(packages --cflags --libs nines-$core) 2>&1 | head -n 5)
    report "the_example_of_${core}_compiles_against_what_is_installed" "$why"
    held "the_example_of_${core}_says_what_it_did" $core "$temporary" ./$core
    report "the_example_of_${core}_is_short" "$( (($(grep -cvE '^$|^ \*|^/\*' examples/$core.c) <= 45)) || echo "more than 45 lines")"
done
cat >"$temporary/both.c" <<'END'
#include <models/gpu/place.h>
#include <models/market/market.h>
int main(void) { return gpu_policy_name(GPU_FGD)[0] == 'F' && market_close_reason_name(MARKET_REASON_OWNER)[0] == 'o' ? 0 : 1; }
END
report both_cores_go_into_one_program "$(gcc -std=c17 $sanitize -o "$temporary/both" "$temporary/both.c" $(packages --cflags --libs nines-market nines-gpu) 2>&1 && "$temporary/both" || echo failed)"

output=$(run_make uninstall)
report make_uninstall_leaves_no_file "$(cd "$root" && find . -type f | head -n 3)"
harness_end
