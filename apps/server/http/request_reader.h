#pragma once
// The requests in the bytes of a connection, however those are cut. Knows nothing of sockets.

#include <optional>
#include <string>
#include <string_view>

#include "chunk_decoder.h"
#include "judge.h"

namespace rwkvk::http {

class RequestReader {
  public:
    enum class Phase {
        header,  // of the next request; perhaps nothing of it has come
        judged,  // head() and framing() are known; accept() or a refusal from above
        body,
        done,     // take()
        refused,  // refused(); nothing more is read
    };

    explicit RequestReader(const Options& options) : options_(options) {}

    void feed(std::string_view bytes);
    /// How many more bytes it should be given: what lies behind a request is kept for the next one.
    size_t room() const;

    Phase phase() const { return phase_; }
    bool has_begun() const { return phase_ != Phase::header || !pending_.empty(); }
    const Head& head() const { return request_; }
    Head& head() { return request_; }
    const Framing& framing() const { return framing_; }
    const Refusal& refused() const { return refused_; }

    /// The body may come.
    void accept();
    /// The request; then the next one is read.
    Request take();

  private:
    void step();
    void read_header();
    void read_body();
    void refuse(Refusal refusal);
    std::optional<size_t> header_end();

    const Options& options_;
    Phase phase_ = Phase::header;
    std::string pending_;   // not yet taken
    size_t looked_at_ = 0;  // of a header's bytes
    Request request_;
    Framing framing_;
    ChunkDecoder chunks_{0};
    Refusal refused_;
};

}  // namespace rwkvk::http
