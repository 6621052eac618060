#!/usr/bin/env bash
# Turns the page's style and script into C, with the script's hash: embed.sh page.css page.js > page.c
set -eu
bytes() { od -An -v -tu1 "$1" | sed 's/[0-9][0-9]*/&,/g'; }
hex=$(sha256sum "$2" | cut -c1-64)
hash=$(printf "$(sed 's/../\\x&/g' <<<"$hex")" | base64)
echo '/* Made by sim/report/embed.sh from page.css and page.js. */'
echo '#include "sim/report/report_internal.h"'
echo 'const unsigned char report_css[] = {' && bytes "$1" && echo '};'
echo 'const unsigned char report_js[] = {' && bytes "$2" && echo '};'
echo 'const size_t report_css_bytes = sizeof report_css, report_js_bytes = sizeof report_js;'
echo "const char *const report_js_hash = \"sha256-$hash\";"
