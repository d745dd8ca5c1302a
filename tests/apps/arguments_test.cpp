// What people type, as this program's own flags.
#include "apps/rwkvk/arguments.h"

#include <doctest/doctest.h>

#include <rwkvk.hpp>

#include "apps/rwkvk/foreign_flags.h"

namespace rwkvk::app {
namespace {

using Words = std::vector<std::string>;

const OwnFlags generate = {.takes_value = {{"-h", false},
                                           {"--help", false},
                                           {"-n", true},
                                           {"--predict", true},
                                           {"-p", true},
                                           {"--prompt", true},
                                           {"-d", true},
                                           {"--dev", true},
                                           {"--json", false},
                                           {"--stop", true},
                                           {"-s", true},
                                           {"--seed", true}}};
const OwnFlags quantize = {.takes_value = {{"--type", true}}, .words = true};

Arguments arguments_of(Words given, const OwnFlags& own = generate) {
    given.insert(given.begin(), "generate");
    return own_arguments(given, own);
}
Words words_of(const Words& given, const OwnFlags& own = generate) {
    const Words line = arguments_of(given, own).line;
    CHECK(line.at(0) == "generate");
    return {line.begin() + 1, line.end()};
}
Words ignored_of(const Words& given) { return arguments_of(given).ignored; }

std::string refusal_of(const Words& given, const OwnFlags& own = generate) {
    try {
        arguments_of(given, own);
    } catch (const Error& error) {
        CHECK(error.status() == RWKVK_BAD_ARGUMENT);
        return error.what();
    }
    return "was accepted";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

TEST_CASE("own flags stay as they are, with their values, whatever these look like") {
    const Words given = {"-n", "5", "--prompt", "-ngl 99", "--stop", "--", "--json", "-s", "-1"};
    CHECK(words_of(given) == given);
    CHECK(arguments_of(given).typed == Words{"-n", "--prompt", "--stop", "--json", "-s"});
    CHECK(ignored_of(given).empty());
}

TEST_CASE("a value may be glued on with an equals sign only") {
    CHECK(words_of({"--predict=5", "-n=6", "--prompt="}) ==
          Words{"--predict", "5", "-n", "6", "--prompt", ""});
    CHECK(words_of({"--json=false"}) == Words{"--json=false"});
    CHECK(refusal_of({"-h=true"}) == "-h takes no value, found 'true'");
    CHECK(contains(refusal_of({"-n5"}), "unknown flag -n5; if you mean -n, write -n 5"));
    CHECK(contains(refusal_of({"-s-1"}), "write -s -1"));
    CHECK_FALSE(contains(refusal_of({"-nothing"}), "if you mean"));
}

TEST_CASE("flags of llama.cpp without a meaning here are passed over with their values") {
    CHECK(words_of({"-ngl", "99", "-p", "Hi", "-c", "4096", "--mlock", "-tb", "4"}) == Words{"-p", "Hi"});
    CHECK(ignored_of({"-ngl", "99", "-p", "Hi", "-c", "4096", "-ngl", "all", "--mlock"}) ==
          Words{"-ngl", "-c", "--mlock"});
    CHECK(words_of({"--ctx-size=4096", "--rope-freq-base", "1e4", "--dry-base", "1.7", "-n", "3"}) ==
          Words{"-n", "3"});
}

TEST_CASE("a value that may be left out is taken only if it is one") {
    CHECK(words_of({"-fa", "-n", "3"}) == Words{"-n", "3"});
    CHECK(words_of({"-fa", "on", "--color", "auto", "-fa", "0,1", "-n", "3"}) == Words{"-n", "3"});
    CHECK(words_of({"-fa=on", "-n", "3"}) == Words{"-n", "3"});
    CHECK(words_of({"--mmap", "0", "-mmp", "1", "-nkvo", "0", "-dio", "-embd", "0", "-n", "3"}) ==
          Words{"-n", "3"});
    CHECK(words_of({"-fa", "model.gguf"}, quantize) == Words{"model.gguf"});
}

TEST_CASE("flags of llama.cpp with a meaning here get it, where the command has it") {
    CHECK(words_of({"-r", "User:", "--n-predict", "7", "-dev", "cpu"}) ==
          Words{"--stop", "User:", "--predict", "7", "--dev", "cpu"});
    CHECK(arguments_of({"-r=User:"}).typed == Words{"--stop"});
    CHECK(ignored_of({"--chat-template", "llama3"}) == Words{"--chat-template"});
    CHECK(words_of({"-dev", "cpu", "in", "out"}, quantize) == Words{"in", "out"});
}

TEST_CASE("flags that ask for what is not there say what to do") {
    CHECK(contains(refusal_of({"-hf", "some/model"}), "-hf: rwkvk downloads nothing"));
    CHECK(contains(refusal_of({"--grammar", "root ::= x"}), "--grammar: "));
    CHECK(contains(refusal_of({"--host", "0.0.0.0"}), "--host: rwkvk serve listens"));
    CHECK(contains(refusal_of({"--reasoning-budget", "0"}), "--think"));
    CHECK(contains(refusal_of({"-p", "x", "-f", "file"}, quantize), "-p: not a flag of this command"));
}

TEST_CASE("unknown flags and stray words are named") {
    CHECK(contains(refusal_of({"-xyz"}), "unknown flag -xyz; 'rwkvk generate --help'"));
    CHECK(contains(refusal_of({"--nonsense=3"}), "unknown flag --nonsense=3;"));
    CHECK(contains(refusal_of({"model.gguf"}),
                   "'model.gguf' belongs to no flag; a model is given by -m FILE, a text by -p TEXT"));
    CHECK(contains(refusal_of({"--", "-n"}), "'-n' belongs to no flag"));
    CHECK(words_of({"in", "-", "--", "-out"}, quantize) == Words{"in", "-", "--", "-out"});
}

TEST_CASE("some flags stand for a whole command") {
    CHECK(arguments_of({"-n", "3", "--list-devices", "--mlock"}).line == Words{"devices"});
    CHECK(arguments_of({"-n", "3", "--list-devices", "--mlock"}).typed.empty());
    CHECK(arguments_of({"--version", "-xyz"}).line == Words{"--version"});
}

TEST_CASE("the command line as a whole") {
    CHECK(with_command_first({"help"}) == Words{"--help"});
    CHECK(with_command_first({"help", "chat"}) == Words{"chat", "--help"});
    CHECK(with_command_first({"version"}) == Words{"--version"});
    CHECK(with_command_first({"--list-devices"}) == Words{"devices"});
    CHECK(with_command_first({"chat", "help"}) == Words{"chat", "help"});
    CHECK(with_command_first({}).empty());
    CHECK_THROWS_WITH(with_command_first({"-m", "model.gguf"}),
                      "expected a command before -m: rwkvk chat to talk, rwkvk generate to continue a text; "
                      "'rwkvk --help' lists them");
}

TEST_CASE("the flags that llama.cpp's users type most are known") {
    for (const char* name : {"-ngl",        "-c",         "-b",
                             "-ub",         "-fa",        "-tb",
                             "-sm",         "-ts",        "-mg",
                             "--mlock",     "-cnv",       "-no-cnv",
                             "-i",          "-st",        "-mli",
                             "-co",         "-lv",        "--jinja",
                             "-ctk",        "--numa",     "--no-mmap",
                             "-kvu",        "-lcs",       "--override-kv",
                             "--timeout",   "--ids",      "-r",
                             "--keep",      "-np",        "--color",
                             "--no-warmup", "--mirostat", "--repeat-last-n"}) {
        INFO(name);
        CHECK(find_foreign_flag(name));
    }
    CHECK_FALSE(find_foreign_flag("-nonsense"));
    CHECK_FALSE(find_foreign_flag("--dry"));
    CHECK_FALSE(find_foreign_flag(""));
}

}  // namespace
}  // namespace rwkvk::app
