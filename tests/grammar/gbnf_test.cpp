// Texts that grammars in GBNF let through, and what is no grammar.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "tests/grammar/grammars.h"
#include "tests/support/refusal.h"

namespace rwkvk {
namespace {

using test::check_contains;
using test::gbnf;
using test::refusal_of;
using test::takes;

void check_refused(const std::string& text, const char* part) {
    check_contains(refusal_of([&] { gbnf(text); }, Code::bad_argument), part);
}

std::string times(std::string_view part, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) text += part;
    return text;
}

TEST_CASE("texts, classes, repetitions, groups and rules") {
    const auto sums = gbnf(R"(# sums of numbers and names
root ::= (term ("+" term)* "=" [0-9]{1,3} "\n"){2} # two lines
term ::= [a-zA-Z_] [a-zA-Z0-9_]*  # a name
       | number
number ::= "-"? [0-9]+
)");
    CHECK(takes(sums, "a+1=1\nx_1+-20+b=999\n"));
    CHECK_FALSE(takes(sums, "a+1=1\n"));
    CHECK_FALSE(takes(sums, "a+1=1000\nb=1\n"));
    CHECK_FALSE(takes(sums, "a+=1\nb=1\n"));
    CHECK(takes(gbnf("root ::= \"x\"{2,}"), "xxx"));
    CHECK_FALSE(takes(gbnf("root ::= \"x\"{2,}"), "x"));
    CHECK(takes(gbnf("root ::= \"x\"{,2} \"y\"{0}"), "xx"));
    CHECK_FALSE(takes(gbnf("root ::= \"x\"{,2}"), "xxx"));
    CHECK(takes(gbnf("root ::= \"ab\"*"), "abab"));
    CHECK(takes(gbnf("root ::= (\n\"a\" |\n\n \"b\"\n)+\n\n"), "ab"));
    CHECK(takes(gbnf("root ::= \"\" | \"a\""), ""));
}

TEST_CASE("escapes and characters of several bytes") {
    const auto two = gbnf(R"(root ::= [^a-y\]"] [\u4e00-\u9fff] "\x41\t\"\\\U0001F600" . [-^])");
    CHECK(takes(two, "z中A\t\"\\😀é^"));
    CHECK(takes(two, "é中A\t\"\\😀\n-"));
    CHECK_FALSE(takes(two, "]中A\t\"\\😀é-"));
    CHECK_FALSE(takes(two,
                      "z\xe3\xbf\xbf"
                      "A\t\"\\😀é-"));
    CHECK_FALSE(takes(gbnf("root ::= ."), "\xed\xa0\x80"));  // half of a pair
    CHECK_FALSE(takes(gbnf("root ::= ."), "\xff"));
    CHECK(takes(gbnf("root ::= [\\U00010000-\\U0010ffff]"), "\xf4\x8f\xbf\xbf"));
}

TEST_CASE("recursion, and what ends a rule") {
    const auto balanced = gbnf("root ::= \"(\" root \")\" | \"\"");
    CHECK(takes(balanced, "((()))"));
    CHECK_FALSE(takes(balanced, "(()"));
    CHECK(takes(balanced, times("(", 250) + times(")", 250)));
    CHECK(takes(gbnf("root ::= \"a\" root | \"b\""), times("a", 100000) + "b"));  // as a loop
    const auto lists = gbnf("root ::= item | item \",\" root\nitem ::= \"[\" root? \"]\" | \"x\"");
    CHECK(takes(lists, "x,[x,[]],[[x]]"));
    CHECK_FALSE(takes(lists, "x,[x,[],[[x]]"));
}

TEST_CASE("a text too deep is an error, not a crash") {
    grammar::Matcher matcher(gbnf("root ::= \"(\" root \")\" | \"\""));
    check_contains(refusal_of([&] { matcher.read(times("(", 300)); }, Code::bad_argument),
                   "more than 256 deep");
}

TEST_CASE("what is no grammar is refused with its place") {
    check_refused("", "expected a rule with the name root");
    check_refused("start ::= \"a\"", "name root");
    check_refused("root ::= \"a\nb", "expected '\"', found the end");
    check_refused("root ::= \"a\"\n\nx ::= [a-", "line 3, column 10: expected a character, found the end");
    check_refused("root ::= ä", "line 1, column 10: expected an expression or the end of the line");
    check_refused("root ::= missing", "line 1, column 10: the rule 'missing' is used but not defined");
    check_refused("root ::= \"a\"\nroot ::= \"b\"",
                  "line 2, column 1: the rule 'root' is defined a second time");
    check_refused("root ::= \"a\"{3,2}", "less than its least");
    check_refused("root ::= \"a\"{1,4097}", "up to 4096");
    check_refused("root ::= \"a\"{99999999999999999999}", "up to 4096");
    check_refused("root ::= [z-a]", "ends before it begins");
    check_refused("root ::= \"\\q\"", "an escape that is none of");
    check_refused("root ::= \"\\ud800\"", "stands for no character");
    check_refused("root ::= (\"a\"", "expected ')', found the end");
    check_refused("root = \"a\"", "expected ::=");
    check_refused("root ::= \"a\xff\"", "expected UTF-8");
    check_refused("root ::= \"a\" )", "expected an expression");
    check_refused(times("#", 65537), "expected at most 65536");
    check_refused("root ::= " + times("(", 300), "nested parentheses");
    check_refused("root ::= \"a\"" + times("*", 300), "signs of repetition");
}

TEST_CASE("rules that cannot be matched are refused by name") {
    check_refused("root ::= root \"a\" | \"b\"", "line 1, column 1: rule 'root': left recursion");
    check_refused("root ::= x\nx ::= y? z\ny ::= \"a\"\nz ::= x \"b\" | \"c\"", "left recursion");
    check_refused("root ::= e e root | \"b\"\ne ::= \"a\"?", "left recursion");
    check_refused("root ::= \"a\" root", "rule 'root': no text is ever complete");
    check_refused("root ::= []", "no text is ever complete");
    check_refused("root ::= a\na ::= \"a\" b\nb ::= \"b\" a", "no text is ever complete");
    // What never ends is no way.
    CHECK(takes(gbnf("root ::= \"a\" | \"b\" never\nnever ::= \"c\" never"), "a"));
    grammar::Matcher matcher(gbnf("root ::= \"a\" | \"b\" never\nnever ::= \"c\" never"));
    CHECK_FALSE(matcher.read("b"));
}

// CTest ends what does not.
TEST_CASE("hostile grammars end") {
    CHECK(takes(gbnf("root ::= (\"a\" | \"a\")*"), times("a", 1000)));
    CHECK(takes(gbnf("root ::= ((\"a\"*)*)* \"b\""), times("a", 1000) + "b"));
    CHECK(takes(gbnf("root ::= (\"a\"? \"a\"?){1000}"), times("a", 2000)));
    CHECK(takes(gbnf("root ::= (e | \"a\" | e)* \"b\"\ne ::= \"\" | \"a\"*"), times("a", 100) + "b"));
    CHECK(takes(gbnf("root ::= x \"b\" | y \"b\"\nx ::= \"a\" x | \"\"\ny ::= \"a\" y | \"\""),
                times("a", 1000) + "b"));
    check_refused("root ::= ((\"a\"{4096}){4096}){4096}", "repeat less");
    check_refused("root ::= (.{4096} | [^x]{4096} | .{4095}){8}", "the grammar");
    check_refused("root ::= (\"a\" | \"b\")* \"a\" (\"a\" | \"b\"){30}", "the grammar");  // 2^30 states
    std::string chain = "root ::= r0\n";
    for (int i = 0; i < 2500; ++i) chain += concat("r", i, " ::= r", i + 1, " \"a\"? | \"b\"\n");
    chain += "r2500 ::= \"c\"";
    check_refused(chain, "calls");
    std::string doubling = "root ::= r0\n";
    for (int i = 0; i < 60; ++i)
        doubling += concat("r", i, " ::= r", i + 1, " \"a\" | r", i + 1, "b \"b\"\nr", i, "b ::= r", i + 1,
                           " \"c\"\n");
    doubling += "r60 ::= \"d\"\nr60b ::= \"e\"";
    check_refused(doubling, "too ambiguous");
    std::string wide = "root ::= \"a\"";
    for (int i = 0; i < 9000; ++i) wide += " | \"x\"";
    CHECK(takes(gbnf(wide), "x"));
}

TEST_CASE("readings that multiply while a text comes are an error") {
    // Each a may belong to either of two rules, which return to different places.
    grammar::Matcher matcher(
        gbnf("root ::= p | q\np ::= \"a\" root \"1\" | \"\"\nq ::= \"a\" root \"2\" | \"\""));
    const std::string message = refusal_of([&] { matcher.read(times("a", 40)); }, Code::bad_argument);
    check_contains(message, "too ambiguous");
}

TEST_CASE("replies begin as models write them") {
    const auto grammar = gbnf("root ::= \"{}\"");
    const auto reads = [&](text::ReplyStart start, std::string_view text) {
        grammar::Matcher matcher(grammar);
        matcher.begin(start);
        return matcher.read(text) && matcher.may_end();
    };
    using text::ReplyStart;
    CHECK(reads(ReplyStart::verbatim, "{}"));
    CHECK_FALSE(reads(ReplyStart::verbatim, " {}"));
    CHECK(reads(ReplyStart::answer, " {}"));
    CHECK(reads(ReplyStart::answer, "{}"));
    CHECK(reads(ReplyStart::close_tag, ">\n{}"));
    CHECK(reads(ReplyStart::close_tag, ">{}"));
    CHECK_FALSE(reads(ReplyStart::close_tag, "{}"));
    CHECK(reads(ReplyStart::open_tag, ">some < reason </thin </</think>\n\n{}"));
    CHECK_FALSE(reads(ReplyStart::open_tag, "> </think> </think>{}"));
    CHECK_FALSE(reads(ReplyStart::open_tag, "> {}"));
}

}  // namespace
}  // namespace rwkvk
