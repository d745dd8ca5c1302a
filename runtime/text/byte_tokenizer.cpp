#include <array>

#include "runtime/text/tokenizer.h"

namespace rwkvk::text {
namespace {

constexpr uint32_t bytes_count = 256;

/// What decode() points into: byte i at place i.
constexpr std::array<char, bytes_count> all_bytes = [] {
    std::array<char, bytes_count> bytes{};
    for (uint32_t i = 0; i < bytes_count; ++i) bytes[i] = static_cast<char>(i);
    return bytes;
}();

class ByteTokenizer final : public Tokenizer {
  public:
    std::string name() const override { return "bytes"; }
    uint32_t vocabulary() const override { return bytes_count; }
    int64_t end_of_text() const override { return -1; }

    std::vector<Token> encode(std::string_view bytes) const override {
        std::vector<Token> ids;
        ids.reserve(bytes.size());
        for (const char byte : bytes) ids.push_back(static_cast<unsigned char>(byte));
        return ids;
    }

    std::string_view decode(Token id) const override {
        return id < bytes_count ? std::string_view(&all_bytes[id], 1) : std::string_view();
    }
};

}  // namespace

std::unique_ptr<Tokenizer> make_byte_tokenizer() { return std::make_unique<ByteTokenizer>(); }

}  // namespace rwkvk::text
