#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/load/vocabulary/vocabulary.h"
#include "runtime/text/tokenizer.h"

namespace rwkvk {

/// A vocabulary file of any kind, told apart by its contents: World syntax ("ID 'literal' LENGTH" a line), a
/// tokenizer.json of byte-level BPE, a JSON object of ids with texts or bytes; JSON also in UTF-16 with a
/// mark. In a vocabulary of characters, U+E083 stands for unknown ones if it is there, as in the official
/// code. Errors: Code::io, Code::bad_file, Code::unsupported.
std::unique_ptr<text::Tokenizer> open_vocabulary(const std::string& path);

/// The same of what a file holds; `where` names it in errors.
std::unique_ptr<text::Tokenizer> parse_vocabulary(std::string_view contents, const std::string& where);

/// Of a vocabulary that a model's file holds. Errors: Code::bad_file.
std::unique_ptr<text::Tokenizer> make_tokenizer(const load::Vocabulary& vocabulary);

}  // namespace rwkvk
