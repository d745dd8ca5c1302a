// Syntax: "ID LITERAL LENGTH" a line, parted at the first and the last space since literals may hold spaces.
#include "runtime/text/world_vocabulary.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "host/error.h"
#include "host/mapped_file.h"
#include "runtime/text/python_literal.h"

namespace rwkvk::text {
namespace {

// Far above any vocabulary in use (65529 ids, 1.1 MB), yet small enough for a trie of every byte in the file.
constexpr size_t max_file_bytes = size_t{1} << 24;
constexpr uint64_t max_id = uint64_t{1} << 20;

[[noreturn]] void refuse(const std::string& reason) { throw Error(Code::bad_file, reason); }

uint64_t number_of(std::string_view digits, const char* what) {
    uint64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, fault] = std::from_chars(digits.data(), end, number);
    if (fault != std::errc() || stop != end) refuse(concat("expected ", what));
    return number;
}

VocabularyEntry entry_of(std::string_view line) {
    const size_t first = line.find(' '), last = line.rfind(' ');
    if (first == line.npos || first == last) {
        refuse("expected ID 'literal' LENGTH with spaces between; is this an RWKV vocabulary?");
    }
    const uint64_t id = number_of(line.substr(0, first), "a decimal id before the first space");
    const uint64_t length = number_of(line.substr(last + 1), "a decimal length after the last space");
    if (id > max_id) refuse(concat("id ", id, " is above the largest supported, ", max_id));
    std::string bytes = bytes_of_python_literal(line.substr(first + 1, last - first - 1));
    if (bytes.empty()) refuse("the literal is empty");
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

std::vector<VocabularyEntry> parse(std::string_view contents, const std::string& name) {
    std::vector<VocabularyEntry> entries;
    for (size_t line = 1; !contents.empty(); ++line) {
        try {
            entries.push_back(entry_of(take_line(contents)));
            if (entries.size() > max_id + 1) refuse(concat("more than ", max_id + 1, " lines"));
        } catch (const Error& error) {
            throw Error(error.code(), concat(name, ", line ", line, ": ", error.what()));
        }
    }
    if (entries.empty()) refuse(concat(name, ": no tokens; expected lines like 33 ' ' 1"));
    return entries;
}

}  // namespace

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

std::vector<VocabularyEntry> read_world_vocabulary(const std::filesystem::path& path) {
    const MappedFile file(path);
    const size_t size_bytes = file.bytes().size();
    if (size_bytes > max_file_bytes) {
        refuse(concat(path.string(), ": ", size_bytes, " bytes, a vocabulary has at most ", max_file_bytes));
    }
    const std::string_view contents(reinterpret_cast<const char*>(file.bytes().data()), size_bytes);
    std::vector<VocabularyEntry> entries = parse(contents, path.string());
    sort_vocabulary(entries, path.string());
    return entries;
}

}  // namespace rwkvk::text
