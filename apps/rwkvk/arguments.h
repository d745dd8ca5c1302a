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
    std::vector<std::string> line;     // the command and what is for it
    std::vector<std::string> typed;    // its flags among them
    std::vector<std::string> ignored;  // flags of llama.cpp that mean nothing here, each once
};

/// A command and the words behind it. A flag is a whole word, or one up to "=": no letters behind it are
/// taken for its value, and what follows a flag that takes a value is that value, whatever it looks like.
/// Flags of llama.cpp become what they mean here, which may be another command. Errors: RWKVK_BAD_ARGUMENT
/// naming an unknown flag, or one of llama.cpp's that has to be expressed otherwise, with what to do.
Arguments own_arguments(const std::vector<std::string>& given, const OwnFlags& own);

/// A whole command line, with "help [COMMAND]", "version", "--list-devices" as they are spelled here.
/// Errors: RWKVK_BAD_ARGUMENT where flags come before any command.
std::vector<std::string> with_command_first(std::vector<std::string> given);

}  // namespace rwkvk::app
