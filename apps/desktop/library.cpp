#include "library.h"

#include <algorithm>

#include "folders.h"

namespace rwkvk::desktop {

namespace fs = std::filesystem;

Library::Library(fs::path folder) : folder_(std::move(folder)) {
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_, none)) {
        if (entry.path().extension() != ".json") continue;
        try {
            conversations_.push_back(conversation_from_json(read_whole(entry.path()), entry.path().string()));
            conversations_.back().id = entry.path().stem().string();
        } catch (const std::exception& error) {
            warnings_.push_back(error.what());
        }
    }
    std::sort(conversations_.begin(), conversations_.end(),
              [](const Conversation& a, const Conversation& b) { return a.id > b.id; });
    start_new();
}

Conversation* Library::find(const std::string& id) {
    const auto found = std::find_if(conversations_.begin(), conversations_.end(),
                                    [&](const Conversation& one) { return one.id == id; });
    return found == conversations_.end() ? nullptr : &*found;
}

void Library::start_new(const std::string& state) {
    current_ = 0;
    if (conversations_.empty() || !conversations_.front().messages.empty())
        conversations_.insert(conversations_.begin(), new_conversation());
    conversations_.front().state = state;
}

void Library::add(Conversation conversation) {
    save(conversation);
    conversations_.insert(conversations_.begin(), std::move(conversation));
    current_ = 0;
}

void Library::import(const fs::path& path) { add(conversation_from_json(read_whole(path), path.string())); }

void Library::remove(size_t index) {
    std::error_code ignored;
    fs::remove(file_of(conversations_[index]), ignored);
    conversations_.erase(conversations_.begin() + static_cast<std::ptrdiff_t>(index));
    if (conversations_.empty()) start_new();
    if (current_ > index || current_ == conversations_.size()) --current_;
}

void Library::save(const Conversation& conversation) const {
    if (!conversation.messages.empty()) return write_whole(file_of(conversation), to_json(conversation));
    std::error_code ignored;
    fs::remove(file_of(conversation), ignored);
}

fs::path Library::file_of(const Conversation& conversation) const {
    return folder_ / (conversation.id + ".json");
}

}  // namespace rwkvk::desktop
