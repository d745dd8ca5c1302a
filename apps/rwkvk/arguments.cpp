#include "arguments.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "command.h"
#include "foreign_flags.h"

namespace rwkvk::app {
namespace {

using Words = std::vector<std::string>;

bool is_flag(const std::string& word) { return word.size() > 1 && word[0] == '-'; }

/// "on", "0,1": what llama.cpp's flags take that are switched with or without a word.
bool switches(std::string_view word) {
    constexpr std::string_view known[] = {"on",   "off",   "auto", "enabled", "disabled",
                                          "true", "false", "0",    "1"};
    const size_t comma = word.find(',');
    const bool first = std::ranges::find(known, word.substr(0, comma)) != std::end(known);
    return first && (comma == word.npos || switches(word.substr(comma + 1)));
}

class Translation {
  public:
    Translation(const Words& given, const OwnFlags& own) : given_(given), own_(own) {
        out_.line = {given[0]};
    }

    Arguments run() && {
        while (at_ < given_.size()) {
            const std::string& word = given_[at_++];
            if (word == "--") {
                out_.line.push_back(word);
                while (at_ < given_.size()) add_word(given_[at_++]);
            } else if (is_flag(word)) {
                const size_t equals = word.find('=');
                value_ = equals == word.npos ? std::nullopt : std::optional(word.substr(equals + 1));
                add_flag(word.substr(0, equals), word);
            } else {
                add_word(word);
            }
        }
        return std::move(out_);
    }

  private:
    void add_word(const std::string& word) {
        if (!own_.words) {
            throw usage_error(concat("'", word,
                                     "' belongs to no flag; a model is given by -m FILE, a text by -p TEXT; ",
                                     see_help()));
        }
        out_.line.push_back(word);
    }

    void add_flag(const std::string& name, const std::string& word) {
        if (own_.takes_value.contains(name)) return add_own(name);
        if (const ForeignFlag* flag = find_foreign_flag(name)) return add_foreign(name, *flag);
        throw usage_error(concat("unknown flag ", word, written_apart(word), "; ", see_help()));
    }

    void add_own(const std::string& name) {
        out_.typed.push_back(name);
        if (!own_.takes_value.at(name)) {
            if (value_ && !name.starts_with("--"))
                throw usage_error(concat(name, " takes no value, found '", *value_, "'"));
            out_.line.push_back(value_ ? concat(name, "=", *value_) : name);
            return;
        }
        out_.line.push_back(name);
        take_value();
        if (value_) out_.line.push_back(*value_);
    }

    void add_foreign(const std::string& name, const ForeignFlag& flag) {
        if (!flag.command.empty()) {
            out_ = {.line = {std::string(flag.command)}, .typed = {}, .ignored = {}};
            at_ = given_.size();
            return;
        }
        if (const std::string same(flag.same); own_.takes_value.contains(same)) return add_own(same);
        if (!flag.advice.empty()) throw usage_error(concat(name, ": ", flag.advice));
        const bool has_value =
            flag.value == ForeignFlag::Value::one ||
            (flag.value == ForeignFlag::Value::on_off && at_ < given_.size() && switches(given_[at_]));
        if (has_value) take_value();
        if (std::ranges::find(out_.ignored, name) == out_.ignored.end()) out_.ignored.push_back(name);
    }

    /// A hint where a number is glued to a flag of one letter.
    std::string written_apart(const std::string& word) const {
        const std::string letter = word.substr(0, 2), rest = word.substr(2);
        const auto flag = own_.takes_value.find(letter);
        if (flag == own_.takes_value.end() || !flag->second ||
            rest.find_first_not_of("-.0123456789") != rest.npos)
            return "";
        return concat("; if you mean ", letter, ", write ", letter, " ", rest);
    }

    /// The next word, unless the flag came with "=". CLI11 says what a value is missing to.
    void take_value() {
        if (!value_ && at_ < given_.size()) value_ = given_[at_++];
    }

    std::string see_help() const { return concat("'rwkvk ", given_[0], " --help' lists them"); }

    const Words& given_;
    const OwnFlags& own_;
    size_t at_ = 1;
    std::optional<std::string> value_;  // of the flag at hand
    Arguments out_;
};

}  // namespace

Arguments own_arguments(const Words& given, const OwnFlags& own) { return Translation(given, own).run(); }

Words with_command_first(Words given) {
    if (given.empty()) return given;
    const std::string first = given[0];
    if (first == "help" && given.size() > 1) return {given[1], "--help"};
    if (first == "help" || first == "-h" || first == "--help" || first == "--usage") return {"--help"};
    if (first == "version" || first == "--version") return {"--version"};
    if (first == "--list-devices") return {"devices"};
    if (is_flag(first)) {
        throw usage_error(
            concat("expected a command before ", first,
                   ": rwkvk chat to talk, rwkvk generate to continue a text; 'rwkvk --help' lists them"));
    }
    return given;
}

}  // namespace rwkvk::app
