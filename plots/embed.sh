#!/bin/sh
# Turns plots/*.gp into C, so that the program draws wherever it is installed: embed.sh FILE.gp... > plots.c
set -eu
echo '/* Made by plots/embed.sh from plots/ *.gp. */'
echo '#include "sim/plot/plot_internal.h"'
for file in "$@"; do
    name=$(basename "$file" .gp)
    echo "static const unsigned char ${name}_gp[] = {"
    od -An -v -tu1 "$file" | sed 's/[0-9][0-9]*/&,/g'
    echo '};'
done
echo 'const struct plot_script plot_scripts[] = {'
for file in "$@"; do
    name=$(basename "$file" .gp)
    echo "    {\"$name\", ${name}_gp, sizeof ${name}_gp},"
done
echo '    {NULL, NULL, 0}};'
