# A character that talks while a game goes on: 2 ms of every frame are the model's.
# usage: godot --headless --path . -- MODEL [QUESTION]
extends Node

var character := RwkvkCharacter.new()

func _ready() -> void:
	var arguments := OS.get_cmdline_user_args()
	var question := arguments[1] if arguments.size() > 1 else "Hello!"
	if arguments.is_empty() or not character.load(arguments[0]) or not character.ask(question):
		set_process(false)
		get_tree().quit(1)

func _process(_delta: float) -> void:
	var speaking := character.step(2000)
	printraw(character.take_text())
	if not speaking:
		print()
		get_tree().quit()
