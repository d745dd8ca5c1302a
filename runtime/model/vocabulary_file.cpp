#include "runtime/model/vocabulary_file.h"

#include <algorithm>

#include "host/error.h"
#include "runtime/text/world_vocabulary.h"

namespace rwkvk {

load::Vocabulary read_vocabulary_file(const std::string& path, uint32_t rows) {
    const std::vector<text::VocabularyEntry> entries = text::read_world_vocabulary(path);
    const text::Token last = std::ranges::max(entries, {}, &text::VocabularyEntry::id).id;
    if (last >= rows) {
        throw Error(Code::bad_argument, concat(path, ": id ", last, " in a vocabulary for ", rows,
                                               " rows: use the vocabulary that belongs to the model"));
    }
    load::Vocabulary vocabulary;
    vocabulary.tokens.resize(last + 1);
    for (const text::VocabularyEntry& entry : entries) {
        if (entry.id == 0) continue;
        vocabulary.tokens[entry.id] = entry.bytes;
        if (entry.bytes == "\n\n") vocabulary.end_of_turn = entry.id;
    }
    for (uint32_t id = 0; id < vocabulary.tokens.size(); ++id) {
        if (vocabulary.tokens[id].empty()) vocabulary.unmatched.push_back(id);
    }
    return vocabulary;
}

}  // namespace rwkvk
