#!/usr/bin/env bash
# Builds the extension for Godot by the commands of docs/EMBEDDING.md, and plays its project without a window.
# usage: godot_test.sh SOURCE_FOLDER BUILD_FOLDER SHARED_LIBRARY_FOLDER GODOT
set -eu
source=$(realpath "$1") build=$(realpath "$2") libraries=$(realpath "$3") program=$4
[[ $("$program" --version) == 4.* ]] || { echo "SKIP: $program is no Godot 4"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

DESTDIR='' cmake --install "$build" --prefix "$folder/installed" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$folder/installed" -name rwkvk.pc)")
export PKG_CONFIG_PATH LD_LIBRARY_PATH=$libraries
export XDG_DATA_HOME=$folder/data XDG_CONFIG_HOME=$folder/config # Godot's; rwkvk's cache stays where it is
cp -r "$source/apps/samples/godot" "$folder/project"
cp "$source/apps/demo_model/demo.gguf" "$folder/project"
cd "$folder/project"

fail() {
    printf 'FAILED: %s\n' "$@"
    exit 1
}
cc() { command cc -Wall -Wextra -Werror "$@"; }
godot() { timeout 120 "$program" --no-header "$@"; } # a project whose script is broken goes on for ever
export -f cc godot
export program

commands=$(sed -n '/^## Godot/,/^## /{/^\(godot\|cc\|mkdir\) /p}' "$source/docs/EMBEDDING.md")
bash -eu <<<"$commands" >"$folder/said" 2>&1 || fail "$commands" "$(<"$folder/said")"
answer=$(tail -n 1 "$folder/said")
[[ $answer == 'Hello! How can I help you?' ]] || fail "expected a greeting, found '$answer'"
answer=$(godot --headless --path . -- demo.gguf 'What is the capital of France?' 2>&1)
[[ $answer == 'The capital of France is Paris.' ]] || fail "$answer"
answer=$(godot --headless --path . -- no_file.gguf 2>&1) && fail "expected a failure, found '$answer'"
[[ $answer == *no_file.gguf* ]] || fail "$answer"

# Calls without types go another way. What a character says, and hears when it is not ready.
cat >untyped.gd <<'SCRIPT'
extends SceneTree
func _initialize() -> void:
	var character: Variant = RwkvkCharacter.new()
	print(character.ask("Hello!"), character.step(2000), character.take_text() == "")
	print(character.load("demo.gguf"), character.ask("Hello!"), character.ask("Hello!"))
	while character.step(2000):
		pass
	print(character.take_text())
	print(character.load("demo.gguf"), character.ask("Hello!"), character.load("demo.gguf"))
	print(character.take_text(), character.ask("My name is Ada."))
	while character.step(-1):
		pass
	print(character.take_text())
	quit()
	character.step("2000")
SCRIPT
answer=$(godot --headless --path . --script untyped.gd 2>"$folder/errors") || fail "untyped.gd: status $?" "$answer" "$(<"$folder/errors")"
expected='falsefalsetrue
truetruefalse
Hello! How can I help you?
truetruetrue
true
Nice to meet you, Ada!'
[[ $answer == "$expected" ]] || fail "expected: $expected" "found:    $answer" "$(<"$folder/errors")"
for error in 'no model is loaded' 'not answered yet' "Invalid type in function 'step'"; do
    grep -q "$error" "$folder/errors" || fail "expected an error of '$error', found '$(<"$folder/errors")'"
done
echo 'the project in Godot says what it should'
