// What a terminal sends, with pastes in it, as keys for a line editor.
#include "apps/rwkvk/key_reader.h"

#include <doctest/doctest.h>

#include <clocale>

namespace rwkvk::app {
namespace {

/// All keys, as UTF-8 where they are characters; what comes behind ^V stands in < >.
std::string keys_of(const std::string& bytes) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    size_t at = 0;
    KeyReader reader(
        [&]() -> int { return at < bytes.size() ? static_cast<unsigned char>(bytes[at++]) : -1; });
    std::string keys;
    for (int key = reader.next(); key != -1; key = reader.next()) {
        char text[8];
        std::mbstate_t state{};
        const bool quoted = key == 'V' - '@';
        if (quoted) key = reader.next();
        const std::string character(text, std::wcrtomb(text, static_cast<wchar_t>(key), &state));
        keys += quoted ? "<" + character + ">" : character;
    }
    return keys;
}

TEST_CASE("what is typed comes as it is") {
    CHECK(keys_of("") == "");
    CHECK(keys_of("Gr\u00fc\u00dfe, \u4f60\u597d \U0001f600\n\t\x03") ==
          "Gr\u00fc\u00dfe, \u4f60\u597d \U0001f600\n\t\x03");
    CHECK(keys_of("\033[A\033[20~\033b\033") == "\033[A\033[20~\033b\033");  // arrows, function and meta keys
    CHECK(keys_of("no \xff\xfe text\xc3") == "no  text");
}

TEST_CASE("an interruption behind an escape comes as one") {
    const std::string bytes = "\033[";
    size_t at = 0, ends = 0;
    KeyReader reader([&] { return at < bytes.size() ? bytes[at++] : ends++ == 0 ? -1 : 'x'; });
    CHECK(reader.next() == '\033');
    CHECK(reader.next() == '[');
    CHECK(reader.next() == -1);
    CHECK(reader.next() == 'x');
}

TEST_CASE("the lines of a paste are one message") {
    CHECK(keys_of("a\033[200~one\rtwo\r\nthree\n\033[201~b\r") == "aone<\n>two<\n>threeb\r");
    CHECK(keys_of("\033[200~\033[201~\r") == "\r");
    CHECK(keys_of("\033[200~tab\there \033[31mred\033[201~") == "tab<\t>here <\033>[31mred");
    CHECK(keys_of("\033[200~\u4f60\n\u597d\033[201~\033[200~x\033[201~") == "\u4f60<\n>\u597dx");
    CHECK(keys_of("\033[200~never ends\n\n") == "never ends<\n>");
}

TEST_CASE("where lines come whole the marks are taken out") {
    CHECK(ends_in_paste("x\033[200~one"));
    CHECK(!ends_in_paste("x\033[200~one\033[201~"));
    CHECK(!ends_in_paste("one\033[201~"));
    CHECK(!ends_in_paste("plain"));
    CHECK(without_paste_marks("a\033[200~one\ntwo\n\033[201~b") == "aone\ntwob");
    CHECK(without_paste_marks("plain\n") == "plain\n");
}

}  // namespace
}  // namespace rwkvk::app
