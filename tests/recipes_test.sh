#!/usr/bin/env bash
# Holds docs/RECIPES.md to the tree: what it says a weight format or a version is made of are the files that name one.
# usage: recipes_test.sh PROJECT_FOLDER
set -u
cd "$1" || exit 1
failures=0

fail() {
    printf '%s\n' "$@"
    failures=$((failures + 1))
}

section() { # TITLE: the lines below "## TITLE"
    awk -v title="## $1" '$0 == title { inside = 1; next } /^## / { inside = 0 } inside' docs/RECIPES.md
}

# The files that a recipe names for one NAME, whose placeholder it writes as <PLACEHOLDER>.
named() { # TITLE PLACEHOLDER NAME
    section "$1" | grep -oE '`[^` ]+`' | tr -d '`' | sed "s/<$2>/$3/" | grep -E '[./]' | sort -u
}

# Whether the file is named after a version: versions may share what they have in common.
is_of_another() {
    local version
    for version in ${versions-}; do
        [[ ${1##*/} =~ (^|_)"$version"[_.] ]] && return 0
    done
    return 1
}

# FILE... of PATTERN that the list on stdin, of files and endings of files, does not have
missing() { # PATTERN FILE...
    local pattern=$1 file name known
    shift
    mapfile -t known
    for file in $(grep -lwiE "$pattern" -r "$@" | sort); do
        for name in "${known[@]}"; do
            [[ /$file == */"$name" || $file == "$name"* ]] && continue 2
        done
        is_of_another "$file" && continue
        echo "$file"
    done
}

check() { # TITLE PLACEHOLDER NAME PATTERN FOLDER...
    local title=$1 placeholder=$2 name=$3 pattern=$4 found
    shift 4
    found=$(named "$title" "$placeholder" "$name" | missing "$pattern" "$@")
    [[ -z $found ]] || fail "'$title' of docs/RECIPES.md leaves out for $name:" "$found"
}

formats=$(grep -oE '^WEIGHT\([a-z0-9_]+' runtime/catalogue/weights.def | cut -d'(' -f2)
[[ $(wc -w <<<"$formats") -ge 15 ]] || fail "no weight formats found in weights.def"
for format in iq4_nl iq4_xs q3_k q5_1; do
    grep -qw "$format" <<<"$formats" || fail "$format is no weight format"
    check 'A weight format' format "$format" "$format" runtime shaders host
done

versions=$(grep -oE 'build_[a-z0-9]+' runtime/arch/versions.cpp | cut -d_ -f2 | sort -u)
[[ $(wc -w <<<"$versions") -ge 6 ]] || fail "no versions found in versions.cpp"
for version in $versions; do
    check 'A model version' version "$version" "(read|build|is|add_synthetic)_$version(a|_[0-9a-z]+)?" runtime
done

# Every path that stands there whole exists.
for path in $(grep -oE '`[a-z_]+/[a-z_0-9/.]+\.[a-z]+`' docs/RECIPES.md | tr -d '`' | sort -u); do
    [[ -e $path || -e runtime/$path ]] || fail "docs/RECIPES.md names $path, which is not there"
done
echo "$failures failures"
exit $((failures > 0))
