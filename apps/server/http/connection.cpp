#include "connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <utility>

namespace rwkvk::http {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr auto linger_time = 1s;

std::string hex16(uint64_t value) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
    return text;
}

/// Small pieces leave at once; a peer that vanished without a word is noticed.
void set_tcp_options(int descriptor, std::chrono::milliseconds write_time) {
    const int on = 1, idle_s = 30;
    const int unanswered_ms = static_cast<int>(std::max<std::chrono::milliseconds>(write_time, 60s).count());
    if (::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) return;  // no TCP
    ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms);
}

/// Bytes that the system has taken and the peer has not.
int unsent_bytes(int descriptor) {
    int bytes = 0;
    return ::ioctl(descriptor, TIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

}  // namespace

Connection::Connection(Socket socket, std::string peer, Site& site)
    : site_(site),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      peer_(std::move(peer)),
      reader_(site.options) {
    set_tcp_options(socket_.native_handle(), site.options.write_time);
}

void Connection::start() {
    set_deadline(site_.options.header_time);
    read();
}

void Connection::turn_away(const Refusal& refusal) { refuse(refusal, /*keeps_alive*/ false); }

void Connection::close() {
    if (state_ == State::closed) return;
    state_ = State::closed;
    const auto self = shared_from_this();  // until the end of this call
    ErrorCode ignored;
    timer_.cancel(ignored);
    socket_.close(ignored);
    if (const auto channel = std::exchange(channel_, nullptr)) channel->close();
    site_.connections.erase(self);
    site_.forgotten();
}

bool Connection::is_idle() const { return state_ == State::reading && !reader_.has_begun(); }

void Connection::drain() {
    if (is_idle()) close();
}

// Reading

void Connection::read() {
    if (is_reading_ || input_ended_ || state_ == State::closed) return;
    const size_t room = state_ == State::lingering ? input_.size() : std::min(input_.size(), reader_.room());
    // What is pipelined beyond that stays with the client until the answer is done.
    if (room == 0) return;
    is_reading_ = true;
    socket_.async_read_some(
        asio::buffer(input_.data(), room),
        [self = shared_from_this()](const ErrorCode& error, size_t bytes) { self->on_read(error, bytes); });
}

void Connection::on_read(const ErrorCode& error, size_t bytes) {
    is_reading_ = false;
    if (state_ == State::closed) return;
    if (error == asio::error::eof) return on_end_of_input();
    if (error) return close();
    if (state_ != State::lingering) reader_.feed({input_.data(), bytes});
    advance();
    read();
}

/// A client that has half-closed its side counts as gone, as it does for proxies, unless its answer is
/// complete.
void Connection::on_end_of_input() {
    input_ended_ = true;
    if (state_ == State::answering && has_ended_) {
        keeps_alive_ = false;
        return;
    }
    close();
}

void Connection::advance() {
    if (state_ != State::reading) return;
    using Phase = RequestReader::Phase;
    if (reader_.phase() == Phase::header && reader_.has_begun() && !header_begun_) {
        header_begun_ = true;
        // A new connection has its deadline already.
        if (has_ended_) set_deadline(site_.options.header_time);
    }
    if (reader_.phase() == Phase::judged) decide();
    if (state_ != State::reading) return;
    if (reader_.phase() == Phase::refused) return refuse(reader_.refused(), /*keeps_alive*/ false);
    if (reader_.phase() == Phase::done) hand_up();
}

void Connection::decide() {
    Head& head = reader_.head();
    head.peer = peer_;
    head.request_id = hex16(site_.random());
    const Framing& framing = reader_.framing();
    const bool has_body = framing.chunked || framing.content_length > 0;
    try {
        if (const auto refusal = site_.judge ? site_.judge(head) : std::nullopt) {
            refuse(*refusal, !has_body && framing.keeps_alive);
            if (!has_body) reader_.accept(), reader_.take();
            return;
        }
    } catch (...) {
        return refuse(refusal(500, "the server failed to look at this request"), /*keeps_alive*/ false);
    }
    set_deadline(site_.options.body_time);
    reader_.accept();
    if (framing.expects_continue && reader_.phase() == RequestReader::Phase::body) {
        waiting_ += "HTTP/1.1 100 Continue\r\n\r\n";
        flush();
    }
}

void Connection::hand_up() {
    state_ = State::answering;
    clear_deadline();
    framing_ = reader_.framing();
    keeps_alive_ = framing_.keeps_alive;
    request_id_ = reader_.head().request_id;
    has_begun_ = has_ended_ = is_chunked_ = pings_ = false;
    const auto channel = std::make_shared<Channel>();
    channel->open([self = shared_from_this(), channel = std::weak_ptr(channel)](AnswerEvent event) {
        asio::post(self->socket_.get_executor(), [self, channel, event = std::move(event)]() mutable {
            self->take_event(channel.lock(), std::move(event));
        });
    });
    channel_ = channel;
    try {
        site_.handler(reader_.take(), make_responder(channel));
    } catch (...) {
        channel->tell({AnswerEvent::Kind::dropped, 0, {}, {}, {}});
    }
}

/// An answer made here, the last one unless the connection is kept.
void Connection::refuse(const Refusal& refusal, bool keeps_alive) {
    state_ = State::answering;
    clear_deadline();
    framing_ = reader_.framing();
    keeps_alive_ = keeps_alive;
    request_id_ = reader_.head().request_id;
    if (request_id_.empty()) request_id_ = hex16(site_.random());
    has_begun_ = has_ended_ = is_chunked_ = pings_ = false;
    begin({AnswerEvent::Kind::send, refusal.status, refusal.type, {}, refusal.headers}, refusal.body.size());
    if (has_body_) waiting_ += refusal.body;
    end_answer();
}

void Connection::linger() {
    if (input_ended_) return close();
    ErrorCode failure;
    socket_.shutdown(Socket::shutdown_send, failure);
    if (failure) return close();
    state_ = State::lingering;
    set_deadline(linger_time);
    read();
}

// Time

void Connection::set_deadline(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
        // One that was set anew after it had passed is not over.
        if (error || self->state_ == State::closed || self->timer_.expiry() > Clock::now()) return;
        self->on_deadline();
    });
}

/// Also one that has passed and is yet to be told.
void Connection::clear_deadline() { timer_.expires_at(Clock::time_point::max()); }

void Connection::on_deadline() {
    if (state_ == State::reading) return read_deadline();
    if (state_ != State::answering) return close();
    if (is_writing_) return write_deadline();
    if (!pings_) return;
    waiting_text_ += site_.options.ping;
    flush();
}

void Connection::read_deadline() {
    if (!reader_.has_begun()) return close();
    const bool in_header = reader_.phase() == RequestReader::Phase::header;
    refuse(refusal(408, in_header ? "the header did not come in time" : "the body did not come in time"),
           /*keeps_alive*/ false);
}

/// The system takes more only when much of what it has is gone: with a slow client that takes longer.
void Connection::write_deadline() {
    const int unsent = unsent_bytes(socket_.native_handle());
    if (unsent >= unsent_) return close();
    unsent_ = unsent;
    set_deadline(site_.options.write_time);
}

// Writing

void Connection::take_event(const std::shared_ptr<Channel>& channel, AnswerEvent event) {
    if (state_ != State::answering || !channel || channel != channel_) return;
    switch (event.kind) {
        case AnswerEvent::Kind::send:
            begin(event, event.text.size());
            if (has_body_) waiting_ += event.text;
            return end_answer();
        case AnswerEvent::Kind::begin:
            begin(event, std::nullopt);
            return flush();
        case AnswerEvent::Kind::write:
            return add_text(channel->take_text());
        case AnswerEvent::Kind::end:
            return end_answer();
        case AnswerEvent::Kind::dropped:
            return fail();
    }
}

void Connection::begin(const AnswerEvent& event, std::optional<size_t> length) {
    AnswerHead head{.status = event.status,
                    .type = event.type,
                    .headers = event.headers,
                    .request_id = request_id_,
                    .keeps_alive = keeps_alive_,
                    .version = framing_.version,
                    .length = length};
    is_chunked_ = is_chunked(head);
    has_body_ = has_body(event.status) && !framing_.is_head;
    // Only the end of the connection ends a stream that is not in chunks.
    if (!length && has_body(event.status) && !is_chunked_) keeps_alive_ = false;
    if (site_.is_draining) keeps_alive_ = false;
    head.keeps_alive = keeps_alive_;
    pings_ = !length && has_body_ && event.type.starts_with("text/event-stream") &&
             !site_.options.ping.empty() && site_.options.ping_interval > 0ms;
    has_begun_ = true;
    waiting_ += text_of(head);
}

/// The handler has thrown, or dropped the answer. What has begun can only be cut.
void Connection::fail() {
    if (has_begun_) return close();
    const Refusal failure = refusal(500, "the server failed to answer");
    begin({AnswerEvent::Kind::send, failure.status, failure.type, {}, {}}, failure.body.size());
    if (has_body_) waiting_ += failure.body;
    end_answer();
}

void Connection::add_text(const std::string& text) {
    if (!has_body_) return;
    // A client that does not read holds up nobody, and keeps no memory. What came before counts: one long
    // text behind a short one is nobody's fault.
    if (is_writing_ && waiting_text_.size() > site_.options.max_waiting) return close();
    waiting_text_ += text;
    flush();
}

void Connection::end_answer() {
    has_ended_ = true;
    pings_ = false;
    flush();
}

void Connection::flush() {
    if (is_writing_ || state_ == State::closed) return;
    output_ = std::exchange(waiting_, {});
    output_ += is_chunked_ ? chunk_of(waiting_text_) : waiting_text_;
    waiting_text_.clear();
    if (has_ended_ && is_chunked_ && has_body_ && state_ == State::answering) {
        output_ += last_chunk;
        is_chunked_ = false;
    }
    if (output_.empty()) return all_written();
    is_writing_ = true;
    sent_ = 0;
    write_some();
}

void Connection::write_some() {
    if (state_ == State::answering) set_deadline(site_.options.write_time);
    socket_.async_write_some(asio::buffer(output_.data() + sent_, output_.size() - sent_),
                             [self = shared_from_this()](const ErrorCode& error, size_t bytes) {
                                 self->on_written(error, bytes);
                             });
    unsent_ = unsent_bytes(socket_.native_handle());
}

void Connection::on_written(const ErrorCode& error, size_t bytes) {
    if (state_ == State::closed) return;
    if (error) return close();
    sent_ += bytes;
    if (sent_ < output_.size()) return write_some();
    is_writing_ = false;
    output_ = {};
    flush();
}

void Connection::all_written() {
    if (state_ != State::answering) return;
    if (has_ended_) return next_request();
    clear_deadline();
    if (pings_) set_deadline(site_.options.ping_interval);
}

void Connection::next_request() {
    if (const auto channel = std::exchange(channel_, nullptr)) channel->close();
    if (!keeps_alive_ || site_.is_draining) return linger();
    state_ = State::reading;
    idle_since_ = Clock::now();
    header_begun_ = false;
    set_deadline(site_.options.idle_time);
    advance();
    read();
}

}  // namespace rwkvk::http
