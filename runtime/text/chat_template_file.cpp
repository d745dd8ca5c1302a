// Templates of one's own, from lines of KEY = "TEXT" (docs/FORMATS.md).

#include <optional>

#include "host/error.h"
#include "runtime/text/chat_template.h"
#include "runtime/text/clean_message.h"
#include "runtime/text/utf8.h"

namespace rwkvk::text {
namespace {

constexpr size_t most_bytes = 16384, most_stops = 32;
constexpr std::string_view place = "{text}";

class Reader {
  public:
    Reader(std::string_view file, const std::string& name) : rest_(file), name_(name) {}

    ChatWords read() {
        if (rest_.size() > most_bytes)
            throw refusal(concat("expected at most ", most_bytes, " bytes, found ", rest_.size(),
                                 ": is this a chat template?"));
        if (const int64_t at = find_ill_formed_utf8(rest_); at >= 0)
            throw refusal(concat("byte ", at, " is not UTF-8"));
        while (!rest_.empty()) read_line();
        ++line_;
        ChatWords words{.name = name_,
                        .system = given(system_, "system"),
                        .user = given(user_, "user"),
                        .answer = given(answer_, "answer")};
        words.parting = strip(words.answer.after);
        const bool by_blank_lines =
            words.parting.empty() && words.user.after.find("\n\n") != std::string::npos;
        words.tidying = by_blank_lines ? ChatWords::Tidying::all : ChatWords::Tidying::ends;
        words.stops = std::move(stops_);
        const std::string stop = words.parting.empty() ? next_turn(words) : words.parting;
        if (!stop.empty()) words.stops.insert(words.stops.begin(), stop);
        words.sampling = chat_template("world").words().sampling;
        return words;
    }

  private:
    Error refusal(const std::string& problem) const {
        const std::string where = line_ > 0 ? concat(name_, ", line ", line_) : name_;
        return Error(Code::bad_argument, concat(where, ": ", problem));
    }

    void read_line() {
        ++line_;
        const size_t end = std::min(rest_.find('\n'), rest_.size());
        const std::string_view line = strip(rest_.substr(0, end));
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (line.empty() || line.front() == '#') return;
        const size_t equals = line.find('=');
        const std::string_view key = strip(line.substr(0, equals));
        if (equals == line.npos || !take(key, strip(line.substr(equals + 1))))
            throw refusal(concat("expected system, user, answer or stop = \"TEXT\", found ", quote(line)));
    }

    /// False: there is no such key.
    bool take(std::string_view key, std::string_view value) {
        if (key == "stop") {
            if (stops_.size() == most_stops) throw refusal(concat("more than ", most_stops, " stop strings"));
            stops_.push_back(unquoted(value));
            if (stops_.back().empty()) throw refusal("an empty stop string");
            return true;
        }
        auto* const frame = key == "system"   ? &system_
                            : key == "user"   ? &user_
                            : key == "answer" ? &answer_
                                              : nullptr;
        if (!frame) return false;
        if (*frame) throw refusal(concat("a second ", key));
        *frame = frame_of(unquoted(value));
        return true;
    }

    ChatWords::Frame frame_of(const std::string& text) const {
        const size_t at = text.find(place);
        if (at == text.npos || text.find(place, at + 1) != text.npos)
            throw refusal(concat("expected {text} once, found ", quote(text)));
        return {text.substr(0, at), text.substr(at + place.size())};
    }

    std::string unquoted(std::string_view value) const {
        if (value.size() < 2 || value.front() != '"' || value.back() != '"')
            throw refusal(concat("expected a text in double quotes, found ", quote(value)));
        std::string text;
        for (value = value.substr(1, value.size() - 2); !value.empty(); value.remove_prefix(1)) {
            if (value.front() == '"') throw refusal("expected \\\" for a quote inside the text");
            if (value.front() == '\\') {
                value.remove_prefix(1);
                text += escaped(value);
            } else {
                text += value.front();
            }
        }
        return text;
    }

    char escaped(std::string_view behind) const {
        constexpr std::string_view written = "nt\\\"", meant = "\n\t\\\"";
        const size_t at = behind.empty() ? written.npos : written.find(behind.front());
        if (at != written.npos) return meant[at];
        throw refusal(
            concat("expected \\n, \\t, \\\\ or \\\", found ", quote(concat('\\', behind.substr(0, 1)))));
    }

    ChatWords::Frame given(const std::optional<ChatWords::Frame>& frame, const char* key) const {
        if (frame) return *frame;
        throw refusal(concat("expected a line ", key, " = \"TEXT\" with {text} in it, found none"));
    }

    /// What a model that answers in the person's place begins with.
    static std::string next_turn(const ChatWords& words) {
        std::string stop = words.answer.after + words.user.before;
        stop.resize(stop.find_last_not_of(' ') + 1);
        return stop;
    }

    std::string_view rest_;
    const std::string& name_;
    size_t line_ = 0;
    std::optional<ChatWords::Frame> system_, user_, answer_;
    std::vector<std::string> stops_;
};

/// What a model's file may declare.
ChatTemplate known_jinja(std::string_view file, const std::string& name) {
    const ChatTemplateChoice choice = chat_template_for("", "", 0, file);
    if (choice.by_file) return choice.format;
    throw Error(Code::bad_argument, concat(name,
                                           ": a Jinja template that is not known here: name one that "
                                           "fits, or write one of your own (docs/FORMATS.md)"));
}

}  // namespace

ChatTemplate parse_chat_template(std::string_view file, const std::string& name) {
    if (file.find("{%") != file.npos) return known_jinja(file, name);
    return ChatTemplate(Reader(file, name).read());
}

}  // namespace rwkvk::text
