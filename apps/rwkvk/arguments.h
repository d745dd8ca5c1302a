#pragma once
// What was typed, as this program's own flags.

#include <map>
#include <string>
#include <vector>

namespace rwkvk::app {

/// What a command takes.
struct OwnFlags {
    std::map<std::string, bool> takes_value;  // by all names: "-p", "--prompt"
    bool words = false;                       // also words that belong to no flag
};

struct Arguments {
    std::vector<std::string> words;    // for the command, or another command line in its place: see `instead`
    std::vector<std::string> typed;    // its own flags among them
    std::vector<std::string> ignored;  // flags of llama.cpp that mean nothing here, each once
    bool instead = false;              // the words are a whole command line, command included
};

/// The words after a command's name. A flag is a whole word, or one up to "=": no letters behind it are taken
/// for its value, and what follows a flag that takes a value is that value, whatever it looks like. Flags of
/// llama.cpp become what they mean here. Errors: RWKVK_BAD_ARGUMENT naming an unknown flag, or one of
/// llama.cpp's that has to be expressed otherwise, with what to do.
Arguments own_arguments(const std::vector<std::string>& given, const OwnFlags& own,
                        const std::string& command);

/// A whole command line, with "help [COMMAND]", "version", "--list-devices" as they are spelled here.
/// Errors: RWKVK_BAD_ARGUMENT where flags come before any command.
std::vector<std::string> with_command_first(std::vector<std::string> given);

}  // namespace rwkvk::app
