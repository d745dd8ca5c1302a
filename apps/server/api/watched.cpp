#include "watched.h"

#include <iostream>
#include <sstream>

namespace rwkvk::server {
namespace {

/// What a client sent, as it can stand in a line.
std::string printable(const std::string& text) {
    std::string result;
    for (const char c : text) result += c >= ' ' && c < 127 ? c : '?';
    return result;
}

class Watched final : public http::Responder {
  public:
    Watched(std::shared_ptr<http::Responder> client, std::vector<http::Header> headers,
            std::shared_ptr<RequestLine> line)
        : client_(std::move(client)), headers_(std::move(headers)), line_(std::move(line)) {}
    ~Watched() override { line_->write(client_->gone() ? 499 : 500); }

    void send(int status, std::string_view type, std::string body,
              std::vector<http::Header> headers) override {
        line_->write(status);  // before it: lines of a client that waits for answers are in order
        client_->send(status, type, std::move(body), with_own(std::move(headers)));
    }
    void begin_stream(int status, std::string_view type, std::vector<http::Header> headers) override {
        status_ = status;
        client_->begin_stream(status, type, with_own(std::move(headers)));
    }
    void write(std::string text) override { client_->write(std::move(text)); }
    void end() override {
        line_->write(status_, "stream");
        client_->end();
    }
    void on_gone(std::function<void()> call) override {
        client_->on_gone([line = line_, call = std::move(call)] {
            line->write(499, "left");  // as nginx names it
            call();
        });
    }
    bool gone() const override { return client_->gone(); }

  private:
    std::vector<http::Header> with_own(std::vector<http::Header> headers) const {
        headers.insert(headers.end(), headers_.begin(), headers_.end());
        return headers;
    }

    const std::shared_ptr<http::Responder> client_;
    const std::vector<http::Header> headers_;
    const std::shared_ptr<RequestLine> line_;
    std::atomic<int> status_ = 200;
};

}  // namespace

RequestLine::RequestLine(const http::Head& head, bool is_told)
    : what_(head.request_id + ' ' + printable(head.peer) + ' ' + printable(head.method) + ' ' +
            printable(head.path)),
      is_told_(is_told) {}

void RequestLine::add(const std::string& finish, const Choice& choice) {
    const std::lock_guard lock(mutex_);
    finishes_ += (finishes_.empty() ? "" : ",") + finish;
    prompt_ += choice.prompt_tokens;
    cached_ += choice.cached_tokens;
    answer_ += choice.answer_tokens;
}

void RequestLine::write(int status, const std::string& end) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(written_, true) || (!is_told_ && status < 400)) return;
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin_;
    std::ostringstream line;
    line << what_ << ' ' << status << ' ' << static_cast<int64_t>(took.count()) << " ms";
    if (!end.empty()) line << ' ' << end;
    if (!finishes_.empty())
        line << ", " << prompt_ << " tokens read (" << cached_ << " known), " << answer_
             << " written: " << finishes_;
    line << '\n';
    std::cerr << line.str() << std::flush;
}

std::shared_ptr<http::Responder> watched(std::shared_ptr<http::Responder> client,
                                         std::vector<http::Header> headers,
                                         std::shared_ptr<RequestLine> line) {
    return std::make_shared<Watched>(std::move(client), std::move(headers), std::move(line));
}

}  // namespace rwkvk::server
