#include "header_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>

namespace rwkvk::http {
namespace {

namespace beast = boost::beast;
using beast::http::error;

std::string text_of(beast::string_view text) { return {text.data(), text.size()}; }

/// Only takes headers apart: where bodies end is read by request_reader.h, because Beast 1.74 bounds neither
/// the headers of chunks nor trailers.
class Parser : public beast::http::basic_parser<true> {
  public:
    explicit Parser(size_t max_fields) : max_fields_(max_fields) {
        header_limit(std::numeric_limits<uint32_t>::max());
        body_limit(boost::none);
        skip(true);
    }

    RequestHeader result;
    bool too_many = false;

  private:
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                         beast::error_code&) override {
        result.method = text_of(method);
        result.target = text_of(target);
        result.version = version;
    }
    void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                       beast::error_code& failure) override {
        too_many = result.fields.size() >= max_fields_;
        if (too_many) failure = error::header_limit;
        if (!too_many) result.fields.push_back({text_of(name), text_of(value)});
    }
    void on_header_impl(beast::error_code&) override {}
    void on_body_init_impl(const boost::optional<uint64_t>&, beast::error_code&) override {}
    size_t on_body_impl(beast::string_view text, beast::error_code&) override { return text.size(); }
    void on_chunk_header_impl(uint64_t, beast::string_view, beast::error_code&) override {}
    size_t on_chunk_body_impl(uint64_t, beast::string_view text, beast::error_code&) override {
        return text.size();
    }
    void on_finish_impl(beast::error_code&) override {}

    size_t max_fields_;
};

/// Beast says bad_version of whatever follows the target.
bool names_another_version(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\r'));
    const size_t blank = line.rfind(' ');
    if (blank == line.npos) return false;
    const std::string_view version = line.substr(blank + 1);
    const auto digit = [&](size_t i) { return version[i] >= '0' && version[i] <= '9'; };
    return version.size() == 8 && version.substr(0, 5) == "HTTP/" && digit(5) && version[6] == '.' &&
           digit(7) && version != "HTTP/1.0" && version != "HTTP/1.1";
}

Refusal refusal_of(const beast::error_code& failure, std::string_view text) {
    if (failure == error::bad_version && names_another_version(text))
        return refusal(505, "version: expected HTTP/1.0 or HTTP/1.1");
    if (failure == error::bad_method) return refusal(400, "request line: expected a method and one blank");
    if (failure == error::bad_target) return refusal(400, "target: blanks or control characters");
    if (failure == error::bad_version) return refusal(400, "request line: expected METHOD TARGET HTTP/1.1");
    if (failure == error::bad_field) return refusal(400, "header: a name with blanks or unknown characters");
    if (failure == error::bad_value) return refusal(400, "header: a value with control characters");
    if (failure == error::bad_content_length)
        return refusal(400, "Content-Length: expected one number, and no Transfer-Encoding");
    if (failure == error::bad_transfer_encoding)
        return refusal(400, "Transfer-Encoding: expected 'chunked' once, and no Content-Length");
    return refusal(400, "header: not one of HTTP/1.1");
}

}  // namespace

std::variant<RequestHeader, Refusal> parse_header(std::string_view text, const Options& options) {
    Parser parser(options.max_fields);
    beast::error_code failure;
    size_t taken = 0;
    // Without the pieces of a body Beast stops after the header, in one call or two.
    while (!failure && taken < text.size() && !parser.is_done())
        taken += parser.put(boost::asio::buffer(text.data() + taken, text.size() - taken), failure);
    if (parser.too_many)
        return refusal(431, "header: more than " + std::to_string(options.max_fields) + " fields");
    if (failure) return refusal_of(failure, text);
    if (taken != text.size() || !parser.is_done()) return refusal(400, "header: not one of HTTP/1.1");
    return std::move(parser.result);
}

}  // namespace rwkvk::http
