// Syntax: "ID LITERAL LENGTH" a line, parted at the first and the last space since literals may hold spaces.
#include "runtime/text/world_vocabulary.h"

#include <algorithm>
#include <utility>

#include "host/error.h"
#include "host/mapped_file.h"
#include "host/number_in.h"
#include "runtime/text/python_literal.h"

namespace rwkvk::text {
namespace {

constexpr size_t shortest_line_bytes = 7;  // 1 'a' 1

[[noreturn]] void refuse(const std::string& reason) { throw Error(Code::bad_file, reason); }

uint64_t number_of(std::string_view digits, const char* what) {
    const auto number = number_in<uint64_t>(digits);
    if (!number) refuse(concat("expected ", what));
    return *number;
}

VocabularyEntry entry_of(std::string_view line) {
    const size_t first = line.find(' '), last = line.rfind(' ');
    if (first == line.npos || first == last) {
        refuse("expected ID 'literal' LENGTH with spaces between; is this an RWKV vocabulary?");
    }
    const uint64_t id = number_of(line.substr(0, first), "a decimal id before the first space");
    const uint64_t length = number_of(line.substr(last + 1), "a decimal length after the last space");
    if (id > max_vocabulary_id) {
        refuse(concat("id ", id, " is above the largest supported, ", max_vocabulary_id));
    }
    std::string bytes = bytes_of_python_literal(line.substr(first + 1, last - first - 1));
    if (bytes.empty()) refuse("the literal is empty");
    if (bytes.size() > max_token_bytes)
        refuse(concat("a token of ", bytes.size(), " bytes, expected at most ", max_token_bytes));
    if (bytes.size() != length) {
        refuse(concat("the length is given as ", length, ", the literal has ", bytes.size(), " bytes"));
    }
    return {static_cast<Token>(id), std::move(bytes)};
}

/// Takes the first line off `rest`, without its end, which may be \r\n.
std::string_view take_line(std::string_view& rest) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// Room for a line each, as far as there can be as many tokens: growing would take three times as much.
size_t expected_entries(std::string_view contents) {
    const auto lines = static_cast<size_t>(std::ranges::count(contents, '\n')) + 1;
    return std::min({lines, contents.size() / shortest_line_bytes + 1, size_t{max_vocabulary_id} + 1});
}

}  // namespace

std::vector<VocabularyEntry> parse_world_vocabulary(std::string_view contents, const std::string& where) {
    std::vector<VocabularyEntry> entries;
    entries.reserve(expected_entries(contents));
    for (size_t line = 1; !contents.empty(); ++line) {
        try {
            entries.push_back(entry_of(take_line(contents)));
            if (entries.size() > max_vocabulary_id + 1)
                refuse(concat("more than ", max_vocabulary_id + 1, " lines"));
        } catch (const Error& error) {
            throw Error(error.code(), concat(where, ", line ", line, ": ", error.what()));
        }
    }
    if (entries.empty()) refuse(concat(where, ": no tokens; expected lines like 33 ' ' 1"));
    return entries;
}

void sort_vocabulary(std::vector<VocabularyEntry>& entries, const std::string& where) {
    // Sorts by `key` and returns the first of two entries that agree in it, or the end.
    const auto first_of_equal = [&entries](auto key) {
        std::sort(entries.begin(), entries.end(),
                  [key](const auto& a, const auto& b) { return a.*key < b.*key; });
        return std::adjacent_find(entries.begin(), entries.end(),
                                  [key](const auto& a, const auto& b) { return a.*key == b.*key; });
    };
    const auto same_id = first_of_equal(&VocabularyEntry::id);
    if (same_id != entries.end()) refuse(concat(where, ": two tokens have the id ", same_id->id));
    const auto same = first_of_equal(&VocabularyEntry::bytes);
    if (same != entries.end()) {
        refuse(concat(where, ": ids ", same->id, " and ", same[1].id, " have the same bytes"));
    }
}

std::vector<VocabularyEntry> read_world_vocabulary(const std::string& path) {
    const MappedFile file(path);
    check_vocabulary_size(file.bytes().size(), path);
    const std::string_view contents(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    std::vector<VocabularyEntry> entries = parse_world_vocabulary(contents, path);
    sort_vocabulary(entries, path);
    return entries;
}

}  // namespace rwkvk::text
