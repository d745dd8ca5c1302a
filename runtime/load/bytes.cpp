#include "runtime/load/bytes.h"

#include <algorithm>

namespace rwkvk::load {

Error damaged(const std::string& where, const std::string& problem) {
    return Error(Code::bad_file,
                 concat(where, ": ", problem, "; the file is damaged or incomplete, fetch it again"));
}

std::optional<uint64_t> checked_product(std::span<const uint64_t> sizes) {
    // Zero first: an empty tensor is empty however large its other dimensions claim to be.
    if (std::ranges::find(sizes, uint64_t{0}) != sizes.end()) return 0;
    std::optional<uint64_t> product = 1;
    for (const uint64_t size : sizes) {
        product = checked_multiply(*product, size);
        if (!product) break;
    }
    return product;
}

void ByteReader::seek(uint64_t position) {
    if (position > bytes_.size()) {
        throw damaged(
            where_, concat("expected data at byte ", position, ", but there are ", bytes_.size(), " bytes"));
    }
    position_ = position;
}

std::span<const std::byte> ByteReader::take(uint64_t count, const char* what) {
    if (count > left()) {
        throw damaged(where_, concat("expected ", count, " bytes of ", what, " at byte ", position_,
                                     ", found ", left()));
    }
    const auto taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
}

std::string_view ByteReader::take_line(size_t longest, const char* what) {
    const std::string_view ahead = as_text(bytes_.subspan(position_, std::min(left(), longest + 1)));
    const size_t line_bytes = ahead.find('\n');
    if (line_bytes == ahead.npos) {
        throw damaged(where_,
                      concat("expected a line with ", what, " at byte ", position_, ", found no end of it"));
    }
    position_ += line_bytes + 1;
    return ahead.substr(0, line_bytes);
}

}  // namespace rwkvk::load
