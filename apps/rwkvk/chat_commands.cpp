#include "chat_commands.h"

#include <algorithm>
#include <iostream>
#include <span>
#include <vector>

#include "memory_watch.h"

namespace rwkvk::app {
namespace {

constexpr const char* blanks = " \t\n";

struct Command {
    const char *name, *argument, *help;
    After (*run)(ChatSession&, const std::string& argument);
};

std::span<const Command> commands();

After help(ChatSession&, const std::string&) {
    for (const Command& command : commands()) {
        const std::string usage = concat(command.name, *command.argument ? " " : "", command.argument);
        std::cerr << "  " << usage << std::string(usage.size() < 16 ? 16 - usage.size() : 1, ' ')
                  << command.help << '\n';
    }
    std::cerr << "A line that ends in \\ goes on in the next one; \"\"\" begins and ends a message of "
                 "several lines.\n"
                 "Ctrl-C stops the answer, twice leaves.\n";
    return After::prompt;
}

After reset(ChatSession& session, const std::string&) {
    session.chat.reset();
    session.view.note("a new conversation");
    return After::prompt;
}

After regenerate(ChatSession&, const std::string&) { return After::answer; }

After undo(ChatSession& session, const std::string&) {
    session.chat.undo();
    session.view.note(
        concat("the last turn is taken back; ", session.chat.info().position, " tokens are left"));
    return After::prompt;
}

After save(ChatSession& session, const std::string& path) {
    if (path.empty()) throw usage_error("/save FILE: say where to");
    refuse_input_as_output({"/save", path}, session.inputs);
    session.chat.save(path);
    session.view.note(concat("saved to ", path));
    return After::prompt;
}

After load(ChatSession& session, const std::string& path) {
    if (path.empty()) throw usage_error("/load FILE: say which");
    session.chat.load(path);
    session.view.note(concat("goes on from ", path, ", ", session.chat.info().position, " tokens"));
    return After::prompt;
}

After fork(ChatSession& session, const std::string& number) {
    if (number.empty()) {
        session.view.note(
            concat("this is branch ", session.chat.fork(), " now; /fork N goes to another one"));
        return After::prompt;
    }
    const std::optional<uint32_t> branch = whole_number<uint32_t>(number);
    if (!branch) throw usage_error(concat("/fork N: expected the number of a branch, found '", number, "'"));
    session.chat.select(*branch);
    session.view.note(concat("this is branch ", *branch, " of ", session.chat.info().branches));
    return After::prompt;
}

After system(ChatSession& session, const std::string& text) {
    session.chat.reset(text);
    session.view.note("a new conversation with this system text");
    return After::prompt;
}

After think(ChatSession& session, const std::string& argument) {
    if (argument == "fold" || argument == "show") {
        session.view.fold(argument == "fold");
        return After::prompt;
    }
    if (!argument.empty()) throw usage_error("/think [fold|show]: expected fold, show or nothing");
    session.view.note(session.view.last_reasoning().empty() ? "the last answer came without reasoning"
                                                            : session.view.last_reasoning());
    return After::prompt;
}

After stats(ChatSession& session, const std::string&) {
    const rwkvk_chat_info info = session.chat.info();
    std::cerr << "device      " << session.context.device() << "\ntemplate    " << info.template_name
              << "\nseed        " << session.seed << "\nbranch      " << info.branch << " of "
              << info.branches << "\nposition    " << info.position << " tokens, " << info.turns
              << " turns can be taken back\nstate       " << megabytes(session.state_bytes) << ", snapshots "
              << megabytes(info.snapshot_bytes) << "\nmemory      " << megabytes(own_bytes())
              << " of this process";
    if (const uint64_t bytes = session.context.device_bytes())
        std::cerr << ", " << megabytes(bytes) << " of the device";
    std::cerr << '\n';
    return After::prompt;
}

/// What `rwkvk logits --tokens` takes and `rwkvk tokenize --decode` makes text of.
After tokens(ChatSession& session, const std::string&) {
    const std::vector<Token> ids = session.chat.tokens();
    for (size_t i = 0; i < ids.size(); ++i) std::cerr << (i > 0 ? " " : "") << ids[i];
    if (!ids.empty()) std::cerr << '\n';
    session.view.note(concat(ids.size(), " tokens since the beginning or the last /load"));
    return After::prompt;
}

After leave(ChatSession&, const std::string&) { return After::leave; }

constexpr Command all[] = {
    {"/help", "", "this list", help},
    {"/reset", "", "begins a new conversation", reset},
    {"/regen", "", "makes the last answer anew", regenerate},
    {"/undo", "", "takes the last turn back", undo},
    {"/save", "FILE", "writes the conversation's state", save},
    {"/load", "FILE", "goes on from a state", load},
    {"/fork", "[N]", "goes on in a copy; with N, in branch N", fork},
    {"/system", "[TEXT]", "begins a new conversation with this system text", system},
    {"/think", "[fold|show]", "shows the last reasoning; folds or shows it from now on", think},
    {"/stats", "", "device, memory, tokens", stats},
    {"/tokens", "", "the ids of the tokens that made the state", tokens},
    {"/exit", "", "leaves; so does Ctrl-D", leave}};

std::span<const Command> commands() { return all; }

}  // namespace

bool is_command(const std::string& message) {
    const std::string name = message.substr(0, message.find_first_of(blanks));
    return name.size() > 1 && name[0] == '/' &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz", 1) == name.npos;
}

After run_command(ChatSession& session, const std::string& message) {
    const size_t end = std::min(message.find_first_of(blanks), message.size());
    const std::string name = message.substr(0, end);
    std::string argument = message.substr(end);
    argument.erase(0, argument.find_first_not_of(blanks));
    argument.erase(argument.find_last_not_of(blanks) + 1);
    for (const Command& command : commands()) {
        if (name == command.name) return command.run(session, argument);
    }
    throw usage_error(concat("no command is called '", name, "'; /help lists them"));
}

}  // namespace rwkvk::app
