#pragma once
// The way of an answer from any thread to the io thread, and of the client's leaving back.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server.h"

namespace rwkvk::http {

struct AnswerEvent {
    enum class Kind { send, begin, write, end, dropped };
    Kind kind;
    int status = 0;
    std::string type, text;
    std::vector<Header> headers;
};

/// What the answer and its connection share: either may be gone before the other.
class Channel {
  public:
    /// `post` has the io thread take an event.
    void open(std::function<void(AnswerEvent)> post) { post_ = std::move(post); }

    /// What is out of order is left out: text before a stream has begun, anything after the end.
    void tell(AnswerEvent event);
    /// On the io thread, of a write: its text, with that of all that were told since.
    std::string take_text();
    void on_gone(std::function<void()> call);
    bool gone() const;
    /// On the io thread: no event is taken any more, and an answer that has not ended is gone.
    void close();

  private:
    enum class Stage { fresh, streaming, ended };
    bool follows(AnswerEvent::Kind kind) const;

    mutable std::mutex mutex_;
    std::function<void(AnswerEvent)> post_;
    std::function<void()> call_;
    std::string text_;  // told and not taken; one write is posted for all of it
    Stage stage_ = Stage::fresh;
    bool gone_ = false;
};

std::shared_ptr<Responder> make_responder(std::shared_ptr<Channel> channel);

}  // namespace rwkvk::http
