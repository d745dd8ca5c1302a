// What a client sends: headers, bodies in chunks or not, requests behind one another.

#include <stdexcept>
#include <string>

#include "apps/server/http/request_reader.h"
#include "tests/fuzz/input.h"

namespace rwkvk::fuzz {
namespace {

/// All that was understood, in one text.
std::string understood(std::string_view input, size_t piece) {
    using Phase = http::RequestReader::Phase;
    http::Options options;
    options.max_body = 1000;
    options.max_header = 1000;
    options.max_target = 100;
    options.max_fields = 10;
    http::RequestReader reader(options);
    std::string result;
    for (size_t i = 0; i < input.size(); i += piece) {
        reader.feed(input.substr(i, piece));
        while (reader.phase() == Phase::judged || reader.phase() == Phase::done) {
            if (reader.phase() == Phase::judged) reader.accept();
            if (reader.phase() != Phase::done) continue;
            const http::Request request = reader.take();
            if (request.body.size() > options.max_body || request.path.empty() || request.path[0] != '/')
                throw std::logic_error("taken in spite of the limits");
            result +=
                request.method + " " + request.path + "?" + request.query + " " + request.host + request.body;
        }
    }
    return reader.phase() == Phase::refused ? result + reader.refused().body : result;
}

}  // namespace

void read_input(std::string_view input) {
    const std::string whole = understood(input, input.size() + 1);
    if (understood(input, 1) != whole || understood(input, 13) != whole)
        throw std::logic_error("what is understood depends on how the bytes are cut");
}

}  // namespace rwkvk::fuzz
