#include "runtime/text/think_splitter.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

namespace {

using namespace rwkvk::text;

struct Parts {
    std::string reasoning, answer;
    bool operator==(const Parts&) const = default;
};

void append(Parts& parts, const ThinkSplitter::Piece& piece) {
    parts.reasoning += piece.reasoning;
    parts.answer += piece.answer;
}

Parts split(ReplyStart start, std::string_view reply, size_t cut = 0) {
    ThinkSplitter splitter(start);
    Parts parts;
    append(parts, splitter.push(reply.substr(0, cut)));
    append(parts, splitter.push(reply.substr(cut)));
    append(parts, splitter.finish());
    return parts;
}

TEST_CASE("a reply is parted wherever it is cut") {
    const struct {
        ReplyStart start;
        std::string reply;
        Parts parts;
    } cases[] = {
        {ReplyStart::answer, " Hello there.\n", {"", "Hello there.\n"}},
        {ReplyStart::answer, "", {"", ""}},
        {ReplyStart::answer, " \n", {"", ""}},
        {ReplyStart::answer, " <think>\nhm\n</think>\n\nYes", {"hm\n", "Yes"}},
        {ReplyStart::answer, " <thin", {"", "<thin"}},
        {ReplyStart::answer, "<thinly> <think> so", {"", "<thinly> <think> so"}},
        {ReplyStart::answer, "<think>a</think> <think>b</think>", {"a", "<think>b</think>"}},
        {ReplyStart::answer, "No </think> here", {"", "No </think> here"}},
        {ReplyStart::open_tag,
         ">\nFirst, 1 < 2.</thin> So</think>\nDone </think>",
         {"First, 1 < 2.</thin> So", "Done </think>"}},
        {ReplyStart::open_tag, "></think>\n<think> is a tag", {"", "<think> is a tag"}},
        {ReplyStart::open_tag, ">cut off </thi", {"cut off </thi", ""}},
        {ReplyStart::open_tag, "ing aloud</think>ok", {"ing aloud", "ok"}},
        {ReplyStart::open_tag, "> a<</</think</think>b", {"a<</</think", "b"}},
        {ReplyStart::close_tag, ">\nSure: x > 1", {"", "Sure: x > 1"}},
        {ReplyStart::close_tag, "\nSure", {"", "Sure"}},
        {ReplyStart::verbatim, "  <think> kept \n", {"", "  <think> kept \n"}},
    };
    for (const auto& [start, reply, parts] : cases) {
        for (size_t cut = 0; cut <= reply.size(); ++cut) {
            INFO(reply, ", cut at ", cut);
            const Parts found = split(start, reply, cut);
            CHECK(found.reasoning == parts.reasoning);
            CHECK(found.answer == parts.answer);
        }
    }
}

TEST_CASE("random replies give the same parts byte by byte, in random pieces and whole") {
    static const std::vector<std::string> words = {"<think>", "</think>", "<",  "</thi", "nk>",
                                                   ">",       " ",        "\n", "a"};
    std::mt19937 random(1);
    for (int round = 0; round < 2000; ++round) {
        std::string reply;
        for (size_t i = random() % 12; i > 0; --i) reply += words[random() % words.size()];
        const auto start = static_cast<ReplyStart>(random() % 4);
        const Parts whole = split(start, reply);
        ThinkSplitter bytewise(start), piecewise(start);
        Parts by_bytes, by_pieces;
        for (const char byte : reply) append(by_bytes, bytewise.push({&byte, 1}));
        for (std::string_view rest = reply; !rest.empty();) {
            const size_t size = std::min<size_t>(rest.size(), random() % 9);
            append(by_pieces, piecewise.push(rest.substr(0, size)));
            rest.remove_prefix(size);
        }
        append(by_bytes, bytewise.finish());
        append(by_pieces, piecewise.finish());
        INFO(reply);
        CHECK(by_bytes == whole);
        CHECK(by_pieces == whole);
    }
}

TEST_CASE("text comes out as soon as it cannot be a tag") {
    ThinkSplitter splitter(ReplyStart::open_tag);
    CHECK(splitter.push(">\nSo").reasoning == "So");
    CHECK(splitter.is_reasoning());
    CHECK(splitter.push(" x</th").reasoning == " x");
    CHECK(splitter.push("e").reasoning == "</the");
    CHECK(splitter.push("</think>\n").reasoning == "");
    CHECK_FALSE(splitter.is_reasoning());
    CHECK(splitter.push("Yes").answer == "Yes");
}

}  // namespace
