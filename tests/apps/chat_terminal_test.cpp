// `rwkvk chat` under a pseudo-terminal, as a person uses it.
// usage: chat_terminal_test, with RWKVK_PROGRAM set to the program
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/reference_folder.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/terminal.h"

namespace rwkvk::test {
namespace {

struct Session {
    TemporaryFolder folder;
    std::string program = std::getenv("RWKVK_PROGRAM");
    std::string model = folder / "model.gguf";
    std::vector<std::string> chat;

    Session() {
        setenv("XDG_STATE_HOME", folder.operator/("state").c_str(), 1);
        setenv("NO_COLOR", "1", 1);
        setenv("TERM", "xterm", 1);
        const std::string synth = program + " synth " + model + " --size 2x64x257 --type f32";
        REQUIRE(std::system(synth.c_str()) == 0);
        chat = {"chat",   "-m", model,        "-dev",  "cpu", "-t", "1",
                "--seed", "7",  "--template", "world", "-n",  "24"};
    }
    std::vector<std::string> on(const std::string& device) const {
        std::vector<std::string> arguments = chat;
        arguments[4] = device;
        return arguments;
    }
    std::string run(const std::string& arguments) const {
        const std::string out = folder / "out";
        REQUIRE(std::system((program + " " + arguments + " >" + out + " 2>&1").c_str()) == 0);
        return contents_of(out);
    }
    bool has_vulkan() const { return run("devices").find("uuid") != std::string::npos; }
};

TEST_CASE("a conversation with everything a person can do") {
    Session session;
    const std::string file = session.folder / "chat.state";
    {
        Terminal terminal(session.program, session.chat);
        terminal.read_until("seed 7; /help lists the commands");
        terminal.wait_for_prompt();
        for (const char* question : {"One", "Two", "Three", "Four", "Five", "Six", "Seven"})
            command(terminal, question, "tokens/s");
        command(terminal, "/help", "/regen");
        command(terminal, "/regen", "tokens/s");
        command(terminal, "/undo", "taken back");
        command(terminal, "/fork", "branch 1");
        command(terminal, "In the copy", "tokens/s");
        command(terminal, "/fork 0", "branch 0");
        command(terminal, "line one\\\nline two", "tokens/s");
        command(terminal, "\"\"\"block\nof lines\"\"\"", "tokens/s");
        command(terminal, "\"\"\"block of one\"\"\"", "tokens/s");
        command(terminal, "/stats", "template    world");
        command(terminal, "/stats", "seed        7");
        command(terminal, "/think", "without reasoning");
        command(terminal, "/nonsense", "no command is called '/nonsense'");
        command(terminal, "/* c */", "tokens/s");
        command(terminal, "/usr/bin is a folder", "tokens/s");
        command(terminal, "/undo", "taken back");
        command(terminal, "/undo", "taken back");
        command(terminal, "/load " + file, file + ": cannot open");
        command(terminal, "/save /proc/none/x", "rwkvk: /proc/none/x");
        command(terminal, "/save " + session.model, "is the file of -m: write to another one");
        command(terminal, "/save " + file, "saved to");
        command(terminal, "/system Be brief", "a new conversation");
        command(terminal, "/system\\\nBe\\\nbrief", "a new conversation");
        command(terminal, "/reset", "a new conversation");
        terminal.type("/exit\n");
        CHECK(terminal.wait_for_exit() == 0);
    }
    CHECK(contents_of(session.folder / "state/rwkvk/history").find("In\\040the\\040copy") !=
          std::string::npos);
    // A new process goes on, on the other device where there is one, and back.
    for (const char* device : {"0", "cpu"}) {
        if (device[0] == '0' && !session.has_vulkan()) continue;
        CAPTURE(device);
        Terminal terminal(session.program, session.on(device));
        terminal.wait_for_prompt();
        command(terminal, "/load " + file, "goes on from");
        command(terminal, "Where were we?", "tokens/s");
        command(terminal, "/save " + file, "saved to");
        terminal.type("\x04");  // Ctrl-D
        CHECK(terminal.wait_for_exit() == 0);
    }
}

/// A conversation over several processes. After every step the state that it saves must be the one of
/// feeding all its tokens at once, to the last byte of the file.
class CheckedChat {
  public:
    explicit CheckedChat(const Session& session) : session_(session) {}

    void open(const std::string& device) {
        terminal_.emplace(session_.program, session_.on(device));
        terminal_->wait_for_prompt();
        if (saved_.empty()) return;
        ids_before_ = all_ids();
        ids_.clear();
        step("/load " + saved_, "goes on from");
    }
    void step(const std::string& line, const std::string& expected = "tokens/s") {
        CAPTURE(line);
        command(*terminal_, line, expected);
        read_ids();
        saved_ = session_.folder / "chat.state";
        command(*terminal_, "/save " + saved_, "saved to");
        const std::string whole = session_.folder / "whole.state";
        session_.run("logits -m " + session_.model + " -dev cpu --tokens '" + all_ids() + "' --state-out " +
                     whole + " -o " + (session_.folder / "x.npy"));
        CHECK(!state().empty());
        CHECK(state() == contents_of(whole));
    }
    void leave() {
        terminal_->type("/exit\n");
        CHECK(terminal_->wait_for_exit() == 0);
    }
    std::string state() const { return contents_of(saved_); }
    std::string text() const {
        std::ofstream(session_.folder / "ids") << all_ids();
        return session_.run("tokenize -m " + session_.model + " --decode <" + (session_.folder / "ids"));
    }

  private:
    std::string all_ids() const { return ids_before_ + " " + ids_; }
    void read_ids() {
        terminal_->type("/tokens\n");
        const std::string shown = terminal_->read_until(" tokens since");
        terminal_->wait_for_prompt();
        const size_t end = shown.rfind("\r\n"), start = shown.rfind('\n', end) + 1;
        const std::string line = shown.substr(start, end - start);
        const bool is_list = line.find_first_not_of("0123456789 ") == line.npos;
        ids_ = is_list ? line : "";  // without a token there is no list
    }

    const Session& session_;
    std::optional<Terminal> terminal_;
    std::string ids_before_, ids_;  // up to the last load, and since
    std::string saved_;
};

TEST_CASE("after every step of a conversation the state is that of feeding its tokens at once") {
    Session session;
    if (const auto trained = reference("golden/rwkv.cpp/tiny-rwkv-7v0-834K-FP32.bin"))
        session.chat[2] = session.model = *trained;
    CheckedChat chat(session);
    chat.open("cpu");
    for (const char* question : {"One", "Grüße, 你好 😀", "Three"}) chat.step(question);
    const std::string three_turns = chat.state();
    chat.step("Four");
    CHECK(chat.state() != three_turns);
    chat.step("/undo", "taken back");
    CHECK(chat.state() == three_turns);
    chat.step("/regen");
    const std::string another_three = chat.state();
    chat.step("/fork", "branch 1");
    CHECK(chat.state() == another_three);
    chat.step("In the copy");
    chat.step("/fork 0", "branch 0");
    CHECK(chat.state() == another_three);
    chat.step("Five");
    chat.leave();
    // New processes go on, on the other device where there is one, and back.
    const char* other = session.has_vulkan() ? "0" : "cpu";
    for (const char* device : {other, "cpu"}) {
        CAPTURE(device);
        const std::string before = chat.state();
        chat.open(device);
        CHECK(chat.state() == before);
        chat.step(std::string("Six on ") + device);
        chat.step("/regen");
        const std::string six = chat.state();
        chat.step("Seven");
        chat.step("/undo", "taken back");
        CHECK(chat.state() == six);
        chat.step("/fork", "branch 1");
        chat.step("In another copy");
        chat.step("/fork 0", "branch 0");
        CHECK(chat.state() == six);
        chat.leave();
    }
    const std::string text = chat.text();
    for (const char* said : {"User: One\n\nAssistant:", "User: Grüße, 你好 😀\n\nAssistant:", "User: Three",
                             "User: Five", "User: Six on cpu"})
        CHECK_MESSAGE(text.find(said) != text.npos, said);
    for (const char* taken_back : {"Four", "Seven", "In"})
        CHECK_MESSAGE(text.find(std::string("User: ") + taken_back) == text.npos, taken_back);
}

TEST_CASE("a paste of several lines is one message") {
    Session session;
    CheckedChat chat(session);
    chat.open("cpu");
    chat.step("\033[200~One\rTwo\n\033[201~ and\033[200~\033[201~ on");
    chat.leave();
    CHECK(chat.text().find("User: One\nTwo and on\n\nAssistant:") != std::string::npos);
}

TEST_CASE("a full disk and text that is none leave the conversation and the files as they were") {
    Session session;
    const std::string file = session.folder / "chat.state", previous = "previous";
    std::ofstream(file) << previous;
    std::vector<std::string> limited = {"-c", "ulimit -f 16 && exec \"$@\"", "sh", session.program};
    limited.insert(limited.end(), session.chat.begin(), session.chat.end());
    Terminal terminal("/bin/sh", limited);
    terminal.wait_for_prompt();
    const std::vector<std::string> names = session.folder.names();
    command(terminal, "Hello", "tokens/s");
    command(terminal, "/stats", "1 turns can be taken back");
    command(terminal, "/save " + file, "rwkvk: " + file + ": cannot be written: File too large");
    CHECK(contents_of(file) == previous);
    command(terminal, "not \xff\xfe text", "text");
    command(terminal, "Are you there?", "tokens/s");
    command(terminal, "/undo", "taken back");
    terminal.type("/exit\n");
    CHECK(terminal.wait_for_exit() == 0);
    CHECK(session.folder.names() == names);  // nothing half written
}

TEST_CASE("the file of a template is not written over") {
    Session session;
    const std::string words = "system = \"{text}\\n\"\nuser = \"Q: {text}\\n\"\nanswer = \"A: {text}\\n\"\n";
    const std::string file = session.folder / "own";
    std::ofstream(file) << words;
    session.chat[10] = file;
    Terminal terminal(session.program, session.chat);
    terminal.wait_for_prompt();
    command(terminal, "/save " + file, "is the file of --template: write to another one");
    CHECK(contents_of(file) == words);
}

TEST_CASE("a long prompt shows how far it is on a terminal, and nowhere else") {
    Session session;
    const std::string text = session.folder / "text", errors = session.folder / "errors";
    std::ofstream(text) << std::string(1 << 20, 'x');  // more than is read before Ctrl-C
    const std::vector<std::string> generate = {"generate", "-m", session.model, "-dev", "cpu", "-t",
                                               "1",        "-n", "1",           "-f",   text};
    {
        Terminal terminal(session.program, generate);
        terminal.read_until(" tokens/s, ");
        terminal.read_until(" s left");
        terminal.type("\x03");
        CHECK(terminal.wait_for_exit() == 130);
    }
    std::vector<std::string> elsewhere = {"-c", "echo begun; exec \"$@\" 2>" + errors, "sh", session.program};
    elsewhere.insert(elsewhere.end(), generate.begin(), generate.end());
    Terminal terminal("/bin/sh", elsewhere);
    terminal.read_until("begun");
    terminal.wait_until_interruptible();
    std::this_thread::sleep_for(std::chrono::seconds(2));  // in which progress would be shown
    terminal.type("\x03");
    CHECK(terminal.wait_for_exit() == 130);
    CHECK(contents_of(errors) == "rwkvk: interrupted\n");
}

TEST_CASE("a turn taken back leaves nothing behind") {
    Session session;
    const std::string file = session.folder / "chat.state";
    Terminal terminal(session.program, session.chat);
    terminal.wait_for_prompt();
    command(terminal, "Hello", "tokens/s");
    command(terminal, "/undo", "taken back");
    command(terminal, "/save " + file, "saved to");
    terminal.type("/exit\n");
    CHECK(terminal.wait_for_exit() == 0);
    // Nothing was said: the state is empty, and one token on top of it gives what one token gives.
    const std::string feed =
        "logits -m " + session.model + " -dev cpu --tokens 5 -o " + (session.folder / "x.npy");
    CHECK(session.run(feed + " --state-in " + file) == session.run(feed));
}

TEST_CASE("Ctrl-C stops the answer, twice leaves with 130") {
    Session session;
    std::vector<std::string> arguments = session.chat;
    arguments.back() = "1000000";
    // The end of text and line feed are banned: only a person ends these answers.
    for (const char* word : {"-l", "0-inf", "-l", "11-inf"}) arguments.push_back(word);
    Terminal terminal(session.program, arguments);
    terminal.wait_for_prompt();
    terminal.type("Talk and talk\n");
    terminal.read_until("Talk and talk\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    terminal.type("\x03");
    terminal.read_until("stopped");
    terminal.wait_for_prompt();
    command(terminal, "/undo", "0 tokens are left");
    terminal.type("half a line");
    terminal.read_until("line");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    terminal.type("\x03");  // throws it away
    terminal.wait_for_prompt();
    command(terminal, "/stats", " 0 tokens, 0 turns");
    terminal.type("abc\033");
    terminal.read_until("abc");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    terminal.type("\x03");  // behind an escape too
    terminal.wait_for_prompt();
    command(terminal, "/stats", " 0 tokens, 0 turns");
    terminal.type("Again\n");
    terminal.read_until("Again\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    terminal.type("\x03");
    terminal.read_until("stopped");
    terminal.type("\x03");
    CHECK(terminal.wait_for_exit() == 130);
}

TEST_CASE("a hybrid is asked in the words of its file's template, with its special tokens") {
    const auto hybrid = reference("cases/chatml-hybrid/arwkv-chatml.gguf");
    if (!hybrid) return;
    Session session;
    Terminal terminal(session.program, {"chat", "-m", *hybrid, "-dev", "cpu", "-t", "1", "-n", "8"});
    terminal.read_until("template chatml");
    terminal.wait_for_prompt();
    command(terminal, "hi", "tokens/s");
    terminal.type("/tokens\n");
    const std::string shown = terminal.read_until(" tokens since");
    terminal.wait_for_prompt();
    // <|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n ... <|im_end|>\n; a byte's id is its value
    CHECK(shown.find("257 117 115 101 114 10 104 105 258 10 257 97 115 115 105 115 116 97 110 116 10 ") !=
          shown.npos);
    CHECK(shown.find(" 258 10\r\n") != shown.npos);
    terminal.type("/exit\n");
    CHECK(terminal.wait_for_exit() == 0);
}

TEST_CASE("a folder for the history that is no absolute path counts as none") {
    const Session session;
    const auto before = std::filesystem::current_path();
    const std::string work = session.folder / "work";
    std::filesystem::create_directory(work);
    std::filesystem::current_path(work);
    setenv("XDG_STATE_HOME", "state", 1);
    const std::string home = std::getenv("HOME") ? std::getenv("HOME") : "/";
    setenv("HOME", "home", 1);
    Terminal terminal(session.program, session.chat);
    terminal.wait_for_prompt();
    terminal.type("/exit\n");
    CHECK(terminal.wait_for_exit() == 0);
    setenv("HOME", home.c_str(), 1);
    CHECK(std::filesystem::is_empty(work));
    std::filesystem::current_path(before);
}

}  // namespace
}  // namespace rwkvk::test
