#include "runtime/text/tokenizer.h"

namespace rwkvk::text {

std::string Tokenizer::decode(std::span<const Token> ids) const {
    std::string bytes;
    for (const Token id : ids) bytes += decode(id);
    return bytes;
}

}  // namespace rwkvk::text
