#include "channel.h"

#include <utility>

namespace rwkvk::http {
namespace {

using Kind = AnswerEvent::Kind;

class Answer : public Responder {
  public:
    explicit Answer(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}
    ~Answer() override { channel_->tell({Kind::dropped, 0, {}, {}, {}}); }
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;

    void send(int status, std::string_view type, std::string body, std::vector<Header> headers) override {
        channel_->tell({Kind::send, status, std::string(type), std::move(body), std::move(headers)});
    }
    void begin_stream(int status, std::string_view type, std::vector<Header> headers) override {
        channel_->tell({Kind::begin, status, std::string(type), {}, std::move(headers)});
    }
    void write(std::string text) override { channel_->tell({Kind::write, 0, {}, std::move(text), {}}); }
    void end() override { channel_->tell({Kind::end, 0, {}, {}, {}}); }
    void on_gone(std::function<void()> call) override { channel_->on_gone(std::move(call)); }
    bool gone() const override { return channel_->gone(); }

  private:
    std::shared_ptr<Channel> channel_;
};

}  // namespace

bool Channel::follows(Kind kind) const {
    switch (kind) {
        case Kind::send:
        case Kind::begin:
            return stage_ == Stage::fresh;
        case Kind::write:
        case Kind::end:
            return stage_ == Stage::streaming;
        case Kind::dropped:
            return stage_ != Stage::ended;
    }
    return false;
}

void Channel::tell(AnswerEvent event) {
    // Destroyed without the lock: it may hold the last reference to an answer.
    std::function<void()> unneeded;
    const std::lock_guard lock(mutex_);
    if (!post_ || !follows(event.kind)) return;
    stage_ = event.kind == Kind::begin || event.kind == Kind::write ? Stage::streaming : Stage::ended;
    if (stage_ == Stage::ended) unneeded = std::exchange(call_, {});
    if (event.kind == Kind::write) {
        const bool is_posted = !text_.empty();
        text_ += event.text;
        if (is_posted || text_.empty()) return;
        event.text.clear();
    }
    // With the lock: after close() the io thread may be no more.
    post_(std::move(event));
}

std::string Channel::take_text() {
    const std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
}

void Channel::on_gone(std::function<void()> call) {
    {
        const std::lock_guard lock(mutex_);
        if (!gone_) {
            if (post_ && stage_ != Stage::ended) std::swap(call_, call);
            return;
        }
    }
    call();
}

bool Channel::gone() const {
    const std::lock_guard lock(mutex_);
    return gone_;
}

void Channel::close() {
    std::function<void(AnswerEvent)> post;
    std::function<void()> call;
    {
        const std::lock_guard lock(mutex_);
        post = std::exchange(post_, {});
        call = std::exchange(call_, {});
        gone_ = gone_ || stage_ != Stage::ended;
    }
    if (call) call();
}

std::shared_ptr<Responder> make_responder(std::shared_ptr<Channel> channel) {
    return std::make_shared<Answer>(std::move(channel));
}

}  // namespace rwkvk::http
