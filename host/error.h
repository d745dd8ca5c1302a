#pragma once
// Errors: the world's faults are thrown as Error (where, expected, found, what to do); our own are asserted.

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rwkvk {

enum class Code {
    bad_argument,   // a value the caller passed
    bad_file,       // a file that is damaged, foreign or truncated
    unsupported,    // well-formed, but not something this program runs
    bad_shape,      // a tensor that does not fit the model
    bad_token,      // a token id outside the vocabulary
    bad_text,       // text the vocabulary cannot encode
    not_exact,      // exact mode refused on this device
    no_device,      // no such Vulkan device, or no Vulkan
    device_lost,    // the driver gave up
    out_of_memory,  // host or device
    io,             // the operating system refused to read or write
    not_finite,     // the model produced NaN or infinity
    cancelled,      // the caller's progress function said stop
    busy,           // as much waits as may: try again later
};

/// A fault of the world: bad input, a failing driver, a full disk. `what()` is one line for the user.
class Error : public std::runtime_error {
  public:
    Error(Code code, const std::string& message) : std::runtime_error(message), code_(code) {}
    Code code() const { return code_; }

  private:
    Code code_;
};

/// Concatenates anything that streams: `concat(path, ": expected ", n, " bytes")`.
template <typename... Parts>
std::string concat(const Parts&... parts) {
    std::ostringstream out;
    out.exceptions(std::ios::badbit);  // else text is left out without a word where memory is short
    (out << ... << parts);
    return out.str();
}

/// Text that nobody vouches for as it may appear in a message: printable ASCII only, shortened, in quotes.
std::string quote(std::string_view untrusted);

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace rwkvk

/// A fault of this program, never of its input. Always on.
#define RWKVK_ASSERT(condition) \
    ((condition) ? void(0) : ::rwkvk::assertion_failed(#condition, __FILE__, __LINE__))
