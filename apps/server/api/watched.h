#pragma once
// A request's answer on its way out: what every answer has is added, and one line tells what became of it.

#include <atomic>
#include <chrono>
#include <mutex>

#include "dialect.h"
#include "http/server.h"

namespace rwkvk::server {

/// What the line of a request says. Never of prompts or answers.
class RequestLine {
  public:
    /// Where `is_told` is false, only of failures.
    RequestLine(const http::Head& head, bool is_told);

    void add(const std::string& finish, const Choice& choice);
    /// The first call writes it to stderr.
    void write(int status, const std::string& end = "");

  private:
    const std::string what_;
    const bool is_told_;
    const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::mutex mutex_;
    std::string finishes_;
    uint64_t prompt_ = 0, cached_ = 0, answer_ = 0;
    bool written_ = false;
};

/// Sends with `headers` too, and has the line written at the end.
std::shared_ptr<http::Responder> watched(std::shared_ptr<http::Responder> client,
                                         std::vector<http::Header> headers,
                                         std::shared_ptr<RequestLine> line);

}  // namespace rwkvk::server
