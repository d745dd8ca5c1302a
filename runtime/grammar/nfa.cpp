#include "runtime/grammar/nfa.h"

#include <algorithm>
#include <array>

#include "host/error.h"
#include "runtime/text/utf8.h"

namespace rwkvk::grammar {
namespace {

using Kind = Rules::Kind;

/// The last code point that takes so many bytes in UTF-8.
constexpr std::array<uint32_t, 4> last_of_size = {0x7f, 0x7ff, 0xffff, last_code_point};

class Builder {
  public:
    Builder(const Rules& rules, const std::string& name, size_t most_states)
        : rules_(rules), name_(name), most_states_(most_states) {}

    Nfa build(Node body) {
        nfa_.start = add_state();
        nfa_.end = add_state();
        connect(body, nfa_.start, nfa_.end);
        return std::move(nfa_);
    }

  private:
    uint32_t add_state() {
        if (nfa_.states.size() >= most_states_) {
            throw Error(Code::bad_argument, concat(name_, ": with its repetitions the grammar has more than ",
                                                   most_states_, " states; repeat less"));
        }
        nfa_.states.emplace_back();
        return static_cast<uint32_t>(nfa_.states.size() - 1);
    }
    void connect_empty(uint32_t from, uint32_t to) { nfa_.states[from].empty.push_back(to); }

    void connect(Node node, uint32_t from, uint32_t to) {
        const Rules::Expression& e = rules_.at(node);
        switch (e.kind) {
            case Kind::text:
                return connect_text(rules_.text_of(e), from, to);
            case Kind::characters:
                for (const CodeRange& range : rules_.ranges_of(e)) connect_range(range, from, to);
                return;
            case Kind::sequence:
                return connect_sequence(rules_.parts_of(e), from, to);
            case Kind::choice:
                for (const Node part : rules_.parts_of(e)) connect(part, from, to);
                return;
            case Kind::repeat:
                return connect_repeat(e, from, to);
            case Kind::call:
                nfa_.states[from].calls.push_back({e.first, to});
                return;
            case Kind::list:
                return connect_list(e, from, to);
        }
    }

    void connect_text(std::string_view text, uint32_t from, uint32_t to) {
        if (text.empty()) return connect_empty(from, to);
        for (size_t i = 0; i < text.size(); ++i) {
            const uint32_t next = i + 1 == text.size() ? to : add_state();
            const auto byte = static_cast<uint8_t>(text[i]);
            nfa_.states[from].bytes.push_back({byte, byte, next});
            from = next;
        }
    }

    void connect_sequence(std::span<const Node> parts, uint32_t from, uint32_t to) {
        if (parts.empty()) return connect_empty(from, to);
        for (size_t i = 0; i < parts.size(); ++i) {
            const uint32_t next = i + 1 == parts.size() ? to : add_state();
            connect(parts[i], from, next);
            from = next;
        }
    }

    void connect_repeat(const Rules::Expression& e, uint32_t from, uint32_t to) {
        const Node part = rules_.parts_of(e)[0];
        for (uint32_t i = 0; i < e.least; ++i) {
            const uint32_t next = add_state();
            connect(part, from, next);
            from = next;
        }
        if (e.most == unlimited) {
            const uint32_t loop = add_state();
            connect_empty(from, loop);
            connect(part, loop, loop);
            return connect_empty(loop, to);
        }
        for (uint32_t i = e.least; i < e.most; ++i) {
            const uint32_t next = add_state();
            connect_empty(from, to);
            connect(part, from, next);
            from = next;
        }
        connect_empty(from, to);
    }

    /// `none`: no member has been there so far.
    void connect_list(const Rules::Expression& e, uint32_t none, uint32_t to) {
        const std::span<const Node> parts = rules_.parts_of(e);
        uint32_t some = add_state();
        for (size_t i = 0; i < parts.size(); i += 2) {
            const bool required = parts[i + 1] != 0;
            const uint32_t before = add_state(), next_none = add_state(), next_some = add_state();
            connect_empty(none, before);
            connect(e.separator, some, before);
            connect(parts[i], before, next_some);
            if (!required) {
                connect_empty(none, next_none);
                connect_empty(some, next_some);
            }
            none = next_none;
            some = next_some;
        }
        connect_empty(none, to);
        connect_empty(some, to);
    }

    /// Characters as the bytes of UTF-8: parts of the range whose encodings are ranges byte by byte.
    void connect_range(CodeRange range, uint32_t from, uint32_t to) {
        for (const uint32_t last : last_of_size) {
            if (range.low > range.high) return;
            if (range.low <= last) {
                connect_same_size({range.low, std::min(range.high, last)}, from, to);
                range.low = last + 1;
            }
        }
    }

    /// All with encodings of one size.
    void connect_same_size(CodeRange range, uint32_t from, uint32_t to) {
        for (uint32_t bits = 6; bits <= 18; bits += 6) {
            const uint32_t mask = (uint32_t{1} << bits) - 1;
            if ((range.low & ~mask) == (range.high & ~mask)) break;
            if ((range.low & mask) != 0) {
                connect_same_size({range.low, range.low | mask}, from, to);
                return connect_same_size({(range.low | mask) + 1, range.high}, from, to);
            }
            if ((range.high & mask) != mask) {
                connect_same_size({range.low, (range.high & ~mask) - 1}, from, to);
                return connect_same_size({range.high & ~mask, range.high}, from, to);
            }
        }
        std::string low, high;
        text::append_utf8(low, range.low);
        text::append_utf8(high, range.high);
        for (size_t i = 0; i < low.size(); ++i) {
            const uint32_t next = i + 1 == low.size() ? to : add_state();
            nfa_.states[from].bytes.push_back(
                {static_cast<uint8_t>(low[i]), static_cast<uint8_t>(high[i]), next});
            from = next;
        }
    }

    const Rules& rules_;
    const std::string& name_;
    const size_t most_states_;
    Nfa nfa_;
};

}  // namespace

Nfa make_nfa(const Rules& rules, uint32_t rule, size_t most_states) {
    const Rules::Rule& of = rules.rules()[rule];
    return Builder(rules, of.name, most_states).build(of.body);
}

}  // namespace rwkvk::grammar
