#pragma once
// Bodies in chunks (RFC 9112, 7.1), read strictly: a size is hexadecimal digits and nothing before them,
// lines end with CR LF, extensions and trailers are bounded and dropped.

#include <cstdint>
#include <string>
#include <string_view>

namespace rwkvk::http {

class ChunkDecoder {
  public:
    enum class State { reading, done, malformed, too_long };

    /// The bound of all chunks together.
    explicit ChunkDecoder(size_t max_body) : room_(max_body) {}

    /// Appends what belongs to the body. Gives how many bytes were taken: all of them unless the state is no
    /// longer `reading`.
    size_t take(std::string_view bytes, std::string& body);
    State state() const { return state_; }

  private:
    enum class Place {
        size_begin,  // a digit must come
        size,        // digits
        extension,   // up to the end of the line
        size_end,    // LF
        data,
        data_cr,
        data_lf,
        trailer_begin,  // a line, or the empty one
        trailer,
        trailer_end,  // LF
        last_lf,
    };

    void step(char c);
    void digit(char c);
    void expect(char c, char expected, Place next);

    State state_ = State::reading;
    Place place_ = Place::size_begin;
    uint64_t size_ = 0;
    size_t room_;
    size_t line_bytes_ = 0;     // of this size and its extension
    size_t trailer_bytes_ = 0;  // of all trailers
};

}  // namespace rwkvk::http
