#!/usr/bin/env bash
# Holds what another language declares of the border to what a C compiler makes of the headers.
# usage: layouts_test.sh HEADER_FOLDER COMMAND [ARGUMENT...]
# The command writes lines "STRUCT SIZE", "STRUCT.FIELD OFFSET SIZE" and "RWKVK_CONSTANT VALUE".
set -eu
headers=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$@" >"$folder/found"
[[ $(grep -c '^rwkvk_[a-z_]* ' "$folder/found") -ge 3 ]] || { echo "FAILED: $*: no structs"; exit 1; }
{
    printf '#include <rwkvk_engine.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n'
    while read -r name _; do
        struct=${name%%.*} field=${name#*.}
        case $name in
        RWKVK_*) printf 'printf("%s %%d\\n", %s);\n' "$name" "$name" ;;
        *.*) printf 'printf("%s %%zu %%zu\\n", offsetof(%s, %s), sizeof(((%s *)0)->%s));\n' "$name" "$struct" "$field" "$struct" "$field" ;;
        *) printf 'printf("%s %%zu\\n", sizeof(%s));\n' "$name" "$name" ;;
        esac
    done <"$folder/found"
    echo '}'
} >"$folder/layouts.c"
cc -std=c11 -I"$headers" "$folder/layouts.c" -o "$folder/layouts"
"$folder/layouts" >"$folder/expected"
diff "$folder/expected" "$folder/found" || { echo 'FAILED: < the headers, > the declarations'; exit 1; }
echo "$(wc -l <"$folder/found") sizes, offsets and constants agree"
