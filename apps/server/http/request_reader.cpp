#include "request_reader.h"

#include <algorithm>

#include "header_parser.h"

namespace rwkvk::http {
namespace {

constexpr size_t max_behind = 16 << 10;  // bytes kept besides a header

}  // namespace

size_t RequestReader::room() const {
    const size_t most = options_.max_header + max_behind;
    return pending_.size() < most ? most - pending_.size() : 0;
}

void RequestReader::feed(std::string_view bytes) {
    if (phase_ == Phase::refused) return;
    pending_ += bytes;
    step();
}

void RequestReader::step() {
    if (phase_ == Phase::header) read_header();
    if (phase_ == Phase::body) read_body();
}

void RequestReader::refuse(Refusal refusal) {
    phase_ = Phase::refused;
    refused_ = std::move(refusal);
    pending_.clear();
}

/// Looks for the empty line. Line ends that are not CR LF are where readers differ: refused as soon as one is
/// seen.
std::optional<size_t> RequestReader::header_end() {
    while (looked_at_ == 0 && pending_.starts_with("\r\n")) pending_.erase(0, 2);  // old clients send one
    if (pending_ == "\r") return {};
    for (; looked_at_ < std::min(pending_.size(), options_.max_header); ++looked_at_) {
        const size_t i = looked_at_;
        const char c = pending_[i];
        const bool after_cr = i > 0 && pending_[i - 1] == '\r';
        if (after_cr != (c == '\n')) {
            refuse(refusal(400, "header: a line does not end with CR LF"));
            return {};
        }
        const bool after_line = i > 1 && pending_[i - 1] == '\n';
        if (after_line && (c == ' ' || c == '\t')) {
            refuse(refusal(400, "header: a line begins with a blank; put the value on one line"));
            return {};
        }
        if (c == '\n' && i >= 3 && pending_[i - 2] == '\n') return i + 1;
    }
    if (looked_at_ < options_.max_header) return {};
    const bool in_first_line = pending_.find('\n') >= options_.max_header;
    refuse(in_first_line
               ? refusal(414, "request line: longer than a whole header may be")
               : refusal(431, "header: longer than " + std::to_string(options_.max_header) + " bytes"));
    return {};
}

void RequestReader::read_header() {
    const auto end = header_end();
    if (!end) return;
    auto parsed = parse_header(std::string_view(pending_).substr(0, *end), options_);
    if (auto* found = std::get_if<Refusal>(&parsed)) return refuse(std::move(*found));
    const RequestHeader& header = std::get<RequestHeader>(parsed);
    if (auto found = judge(header, options_)) return refuse(std::move(*found));
    pending_.erase(0, *end);
    looked_at_ = 0;
    framing_ = framing_of(header);
    static_cast<Head&>(request_) = head_of(header);
    chunks_ = ChunkDecoder(options_.max_body);
    phase_ = Phase::judged;
}

void RequestReader::accept() {
    phase_ = Phase::body;
    step();
}

void RequestReader::read_body() {
    if (!framing_.chunked) {
        const size_t piece = std::min(framing_.content_length - request_.body.size(), pending_.size());
        request_.body.append(pending_, 0, piece);
        pending_.erase(0, piece);
        if (request_.body.size() == framing_.content_length) phase_ = Phase::done;
        return;
    }
    pending_.erase(0, chunks_.take(pending_, request_.body));
    if (chunks_.state() == ChunkDecoder::State::done) phase_ = Phase::done;
    if (chunks_.state() == ChunkDecoder::State::malformed) refuse(refusal(400, "body: malformed chunks"));
    if (chunks_.state() == ChunkDecoder::State::too_long)
        refuse(refusal(413, "body: longer than " + std::to_string(options_.max_body) + " bytes"));
}

Request RequestReader::take() {
    Request request = std::move(request_);
    request_ = {};
    framing_ = {};
    phase_ = Phase::header;
    step();
    return request;
}

}  // namespace rwkvk::http
