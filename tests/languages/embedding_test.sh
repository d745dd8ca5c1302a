#!/usr/bin/env bash
# Does what docs/EMBEDDING.md says, with the library as it is installed: its programs are the samples, its commands write what stands
# below them.
# usage: embedding_test.sh SOURCE_FOLDER BUILD_FOLDER SHARED_LIBRARY_FOLDER
set -eu
source=$(realpath "$1") build=$(realpath "$2") libraries=$(realpath "$3")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

DESTDIR='' cmake --install "$build" --prefix "$folder/installed" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$folder/installed" -name rwkvk.pc)")
export PKG_CONFIG_PATH LD_LIBRARY_PATH=$libraries
cp "$source/apps/demo_model/demo.gguf" "$source/apps/samples/csharp/Rwkvk.cs" "$folder"

fail() {
    printf 'FAILED: %s\n' "$@"
    exit 1
}

# What the page need not say.
cc() { command cc -Wall -Wextra -Werror "$@"; }
c++() { command c++ -Wall -Wextra -Werror "$@"; }
mcs() { command mcs -warnaserror "$@"; }
export -f cc c++ mcs

run() { # COMMANDS
    local first
    read -r first _ <<<"$1"
    printed=
    if ! type -P "$first" >/dev/null; then
        echo "no $first: not run"
        return
    fi
    printed=$(cd "$folder" && bash -eu <<<"$1") || fail "$1" "$printed"
    ran=$((ran + 1))
}

take_block() { # LANGUAGE TEXT: `path` stands above it
    case $1 in
    c | cpp | python | csharp | gdscript)
        diff <(printf %s "$2") "$source/$path" || fail "docs/EMBEDDING.md shows another $path than there is: copy the one to the other"
        cp "$source/$path" "$folder"
        ;;
    sh) run "$2" ;;
    text) [[ -z $printed || $printed == "${2%$'\n'}" ]] || fail "expected: ${2%$'\n'}" "found:    $printed" ;;
    '') ;;
    *) fail "a block of '$1' in docs/EMBEDDING.md, which nobody runs" ;;
    esac
}

ran=0 inside= path=
while IFS= read -r line; do
    if [[ $line == '```'* && $inside ]]; then
        take_block "$language" "$text"
        inside=
    elif [[ $line == '```'* ]]; then
        inside=1 language=${line#'```'} text=
    elif [[ $inside ]]; then
        text+=$line$'\n'
    elif [[ $line =~ ^\`(apps/samples/.*)\`:$ ]]; then
        path=${BASH_REMATCH[1]}
    fi
done <"$source/docs/EMBEDDING.md"
((ran >= 2)) || fail "docs/EMBEDDING.md: expected commands for C and C++ at least, ran $ran"

# Failures are told as such.
says() { # PATTERN COMMAND...
    local pattern=$1 said
    shift
    said=$(cd "$folder" && "$@" 2>&1) && fail "$*: expected a failure, found '$said'"
    [[ $said =~ $pattern ]] || fail "$*: expected '$pattern', found '$said'"
}
says 'no_file\.gguf' ./hello no_file.gguf Hello
says 'no_file\.gguf' ./game no_file.gguf
if [[ -e $folder/Hello.exe ]]; then says 'RwkvkException.*no_file\.gguf' mono Hello.exe no_file.gguf; fi
echo "$ran blocks of commands do what docs/EMBEDDING.md says"
