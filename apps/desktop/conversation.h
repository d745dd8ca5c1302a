#pragma once
// A conversation: its text is the truth, from which a model reads it anew whenever it is asked.

#include <cstdint>
#include <string>
#include <vector>

namespace rwkvk::desktop {

enum class Role { user, assistant };

struct Message {
    Role role = Role::user;
    std::string text;
    std::string reasoning;  // of answers; no model reads it again
    // Of answers, for reports:
    std::string model;
    uint64_t seed = 0, tokens = 0;
    double seconds = 0;
    std::string ending = {};  // "" when it came to its end; "stopped", "cut at the limit"
};

struct Conversation {
    std::string id;      // the name of its file, without .json
    std::string title;   // "": the first message stands for it
    std::string system;  // what it begins with
    std::string state;   // the file of a state that it goes on from; "": none
    std::vector<Message> messages;

    /// What lists show: one line, never empty.
    std::string name() const;

    /// Goes on with a turn that has no answer.
    void say(const std::string& text);
    /// The answer that is about to come.
    Message& begin_answer();
    bool ends_in_answer() const;

    bool can_undo() const;
    /// Takes the last turn and its answer back, and returns what was said.
    std::string undo();
    bool can_regenerate() const;
    /// Takes the last answer back.
    void drop_answer();
    /// A copy of the first `count` messages, with an id of its own.
    Conversation fork(size_t count) const;
};

/// A new one, with an id that no other has.
Conversation new_conversation();

std::string to_json(const Conversation& conversation);
/// `where` names the text in the error, std::runtime_error.
Conversation conversation_from_json(const std::string& text, const std::string& where);

}  // namespace rwkvk::desktop
