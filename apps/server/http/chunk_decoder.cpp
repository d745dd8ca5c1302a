#include "chunk_decoder.h"

#include <algorithm>

namespace rwkvk::http {
namespace {

constexpr size_t max_line = 1024;
constexpr size_t max_trailers = 16 << 10;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_text(char c) { return c == '\t' || static_cast<unsigned char>(c) >= 0x20; }

}  // namespace

size_t ChunkDecoder::take(std::string_view bytes, std::string& body) {
    size_t taken = 0;
    while (taken < bytes.size() && state_ == State::reading) {
        if (place_ != Place::data) {
            step(bytes[taken++]);
            continue;
        }
        const size_t piece = static_cast<size_t>(std::min<uint64_t>(size_, bytes.size() - taken));
        body.append(bytes.substr(taken, piece));
        taken += piece;
        size_ -= piece;
        if (size_ == 0) place_ = Place::data_cr;
    }
    return taken;
}

void ChunkDecoder::digit(char c) {
    size_ = size_ * 16 + static_cast<uint64_t>(hex_value(c));
    place_ = Place::size;
    // Before more digits could overflow.
    if (size_ > room_) state_ = State::too_long;
}

void ChunkDecoder::expect(char c, char expected, Place next) {
    if (c != expected) state_ = State::malformed;
    place_ = next;
}

void ChunkDecoder::step(char c) {
    const bool in_trailers = place_ >= Place::trailer_begin;
    if (++(in_trailers ? trailer_bytes_ : line_bytes_) > (in_trailers ? max_trailers : max_line)) {
        state_ = State::malformed;
        return;
    }
    switch (place_) {
        case Place::size_begin:
            if (hex_value(c) >= 0) return digit(c);
            break;
        case Place::size:
            if (hex_value(c) >= 0) return digit(c);
            [[fallthrough]];
        case Place::extension:
            if (c == '\r') return expect(c, '\r', Place::size_end);
            if (place_ == Place::extension ? is_text(c) : c == ';' || c == ' ' || c == '\t')
                return expect(c, c, Place::extension);
            break;
        case Place::size_end:
            line_bytes_ = 0;
            room_ -= static_cast<size_t>(size_);
            return expect(c, '\n', size_ > 0 ? Place::data : Place::trailer_begin);
        case Place::data_cr:
            return expect(c, '\r', Place::data_lf);
        case Place::data_lf:
            line_bytes_ = 0;
            return expect(c, '\n', Place::size_begin);
        case Place::trailer_begin:
        case Place::trailer:
            if (c == '\r')
                return expect(c, '\r', place_ == Place::trailer ? Place::trailer_end : Place::last_lf);
            if (is_text(c)) return expect(c, c, Place::trailer);
            break;
        case Place::trailer_end:
            return expect(c, '\n', Place::trailer_begin);
        case Place::last_lf:
            if (c == '\n') state_ = State::done;
            if (c == '\n') return;
            break;
        case Place::data:  // taken by take()
            break;
    }
    state_ = State::malformed;
}

}  // namespace rwkvk::http
