#pragma once
// One client: request after request is read, handed up, and answered. Everything here happens on the io
// thread.

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "answer_text.h"
#include "channel.h"
#include "request_reader.h"

namespace rwkvk::http {

using Clock = std::chrono::steady_clock;
using Executor = boost::asio::io_context::executor_type;
using Protocol = boost::asio::generic::stream_protocol;
using Socket = boost::asio::basic_stream_socket<Protocol, Executor>;
using ErrorCode = boost::system::error_code;

class Connection;

/// What the connections of a server share.
struct Site {
    Options options;
    Handler handler;
    Judge judge;
    std::set<std::shared_ptr<Connection>> connections;
    bool is_draining = false;
    std::function<void()> forgotten;  // a connection is no more
    std::mt19937_64 random{std::random_device{}()};
};

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    Connection(Socket socket, std::string peer, Site& site);

    void start();
    /// Answers without having read anything.
    void turn_away(const Refusal& refusal);
    /// At once. An open answer is gone.
    void close();
    /// For a server that accepts nothing more: ends what is idle, and what is busy after its answer.
    void drain();
    bool is_idle() const;
    Clock::time_point idle_since() const { return idle_since_; }

  private:
    enum class State {
        reading,    // a request
        answering,  // a handler has it, or the last of its answer is being written
        lingering,  // what comes is dropped, so that the answer is not lost to a reset
        closed,
    };

    void read();
    void on_read(const ErrorCode& error, size_t bytes);
    void on_end_of_input();
    void advance();
    void decide();
    void hand_up();
    void refuse(const Refusal& refusal, bool keeps_alive);
    void linger();
    void set_deadline(std::chrono::milliseconds time);
    void clear_deadline();
    void on_deadline();
    void read_deadline();
    void write_deadline();

    // Writing
    void take_event(const std::shared_ptr<Channel>& channel, AnswerEvent event);
    void begin(const AnswerEvent& event, std::optional<size_t> length);
    void fail();
    void add_text(const std::string& text);
    void end_answer();
    void flush();
    void write_some();
    void on_written(const ErrorCode& error, size_t bytes);
    void all_written();
    void next_request();

    Site& site_;
    Socket socket_;
    boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Executor> timer_;
    const std::string peer_;
    State state_ = State::reading;
    Clock::time_point idle_since_ = Clock::now();

    RequestReader reader_;
    std::array<char, 16 << 10> input_;
    bool is_reading_ = false;
    bool input_ended_ = false;
    bool header_begun_ = false;  // its deadline runs

    std::shared_ptr<Channel> channel_;  // of the open answer; none: the answer is made here
    Framing framing_;                   // of its request
    std::string request_id_;
    bool keeps_alive_ = true;
    bool has_begun_ = false, is_chunked_ = false, has_body_ = true, pings_ = false;
    bool has_ended_ = false;  // once all is written

    std::string output_;  // being written
    size_t sent_ = 0;
    bool is_writing_ = false;
    int unsent_ = 0;            // when its deadline was set
    std::string waiting_;       // goes out with the next write, as it is
    std::string waiting_text_;  // then this, which becomes one chunk
};

}  // namespace rwkvk::http
