#include "apps/rwkvk/text_input.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

namespace rwkvk::app {

std::string read_text(const std::string& path) {
    if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
    std::ifstream file(path, std::ios::binary);
    std::string contents{std::istreambuf_iterator<char>(file), {}};
    if (!file) throw Error(Code::io, concat(path, ": cannot be read: ", std::strerror(errno)));
    return contents;
}

std::vector<text::Token> parse_ids(const std::string& list) {
    std::vector<text::Token> ids;
    const char *at = list.data(), *end = at + list.size();
    const auto separator = [](char c) { return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
    while (at < end) {
        if (separator(*at)) {
            ++at;
            continue;
        }
        text::Token id = 0;
        const auto [next, error] = std::from_chars(at, end, id);
        if (error != std::errc{} || (next < end && !separator(*next))) {
            throw Error(Code::bad_argument,
                        concat("expected token ids, found '", std::string(at, std::min(at + 20, end)), "'"));
        }
        ids.push_back(id);
        at = next;
    }
    return ids;
}

std::unique_ptr<text::Tokenizer> open_tokenizer(const Model* model, const std::string& vocabulary) {
    if (!vocabulary.empty()) return text::load_world_tokenizer(vocabulary);
    if (const auto* own = model ? model->vocabulary() : nullptr)
        return text::make_world_tokenizer(own->tokens, own->unmatched);
    if (!model || model->programs().vocabulary == 256) return text::make_byte_tokenizer();
    throw Error(Code::bad_argument,
                concat(model->name(), " has a vocabulary of ", model->programs().vocabulary,
                       " but its file holds no texts for it; give --vocab rwkv_vocab_v20230424.txt, "
                       "which is part of the "
                       "Python package 'rwkv'"));
}

}  // namespace rwkvk::app
