#!/usr/bin/env bash
# The market and the GPU core link with sim's base and libc alone: no clock, no chance, no database, no libm.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
for core in market gpu; do
    number=$((number + 1))
    # A shared object without undefined symbols (-z defs) that is offered nothing but libc and libgcc.
    if gcc -std=c17 -D_GNU_SOURCE -I. -O1 -fPIC -shared -nodefaultlibs -Wl,-z,defs -o "$work/$core.so" \
        models/$core/*.c sim/base/check.c sim/base/arena.c sim/base/units.c -lc -lgcc 2>"$work/log"; then
        echo "ok $number - models/$core links with sim's base and libc alone"
    else
        echo "not ok $number - models/$core links with sim's base and libc alone"
        grep -E 'undefined|error' "$work/log" | sort -u | head -n 10 | sed 's/^/  # /'
    fi
done
echo "1..$number"
