#pragma once
// The conversations, each a file of a folder.

#include <filesystem>
#include <string>
#include <vector>

#include "conversation.h"

namespace rwkvk::desktop {

class Library {
  public:
    /// Reads what is there. Files that are no conversations stay, and are named by `warnings`.
    explicit Library(std::filesystem::path folder);

    /// The newest first; never empty.
    const std::vector<Conversation>& all() const { return conversations_; }
    const std::vector<std::string>& warnings() const { return warnings_; }

    Conversation& current() { return conversations_[current_]; }
    const Conversation& current() const { return conversations_[current_]; }
    size_t current_index() const { return current_; }
    /// NULL when there is none of this id any more.
    Conversation* find(const std::string& id);

    void select(size_t index) { current_ = index; }
    /// An empty one becomes the current one, which goes on from a state where one is named; one that is
    /// already there is taken.
    void start_new(const std::string& state = "");
    /// It becomes the current one, and is saved.
    void add(Conversation conversation);
    /// Reads a conversation from anywhere, into a file of its own.
    void import(const std::filesystem::path& path);
    void remove(size_t index);
    /// Those without a message have no file.
    void save(const Conversation& conversation) const;

  private:
    std::filesystem::path file_of(const Conversation& conversation) const;

    std::filesystem::path folder_;
    std::vector<Conversation> conversations_;
    std::vector<std::string> warnings_;
    size_t current_ = 0;
};

}  // namespace rwkvk::desktop
