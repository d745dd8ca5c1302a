// The receipt of a conversation under a pseudo-terminal: whatever a person does, what it says can be
// replayed. usage: chat_receipt_test, with RWKVK_PROGRAM set to the program
#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/reference_folder.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/terminal.h"

namespace rwkvk::test {
namespace {

struct Session {
    TemporaryFolder folder;
    std::string program = std::getenv("RWKVK_PROGRAM"), receipt = folder / "receipt.json";

    Session() {
        setenv("XDG_STATE_HOME", folder.operator/("state").c_str(), 1);
        setenv("NO_COLOR", "1", 1);
        setenv("TERM", "xterm", 1);
    }
    int status_of(const std::string& arguments) const {
        return std::system((program + " " + arguments + " >" + (folder / "out") + " 2>&1").c_str());
    }
    std::string output() const { return contents_of(folder / "out"); }
    void check_replay(const std::string& device, size_t answers) const {
        CAPTURE(device);
        CHECK(status_of("replay " + receipt + " -dev " + device) == 0);
        CAPTURE(output());
        CHECK(output().starts_with("equal: " + std::to_string(answers) + " answers, "));
    }
};

TEST_CASE("ten turns with everything a person can do are replayed on every device") {
    const Session session;
    const std::string state = session.folder / "chat.state";
    std::vector<std::string> devices = {"cpu"};
    if (session.status_of("devices"); session.output().find("uuid") != std::string::npos)
        devices.push_back("0");
    for (const std::string& device : devices) {
        Terminal terminal(session.program, {"chat", "-dev", device, "-t", "1", "--seed", "7", "-n", "24",
                                            "--temp", "1.5", "--receipt", session.receipt});
        terminal.wait_for_prompt();
        size_t answers = 0;
        const auto answer = [&](const std::string& line) {
            command(terminal, line, "tokens/s");
            ++answers;
        };
        for (const char* question : {"One", "Two", "Three", "Four"}) answer(question);
        session.check_replay("cpu", 4);  // after every turn it is whole
        answer("/regen");
        command(terminal, "/undo", "taken back");
        answer("Five");
        command(terminal, "/fork", "branch 1");
        answer("In the copy");
        command(terminal, "/save " + state, "saved to");
        command(terminal, "/save " + session.receipt, "is the file of --receipt: write to another one");
        command(terminal, "/fork 0", "branch 0");
        answer("Six");
        command(terminal, "/undo", "taken back");
        command(terminal, "/undo", "taken back");
        answer("Seven");
        command(terminal, "/system Be brief", "a new conversation");
        answer("Eight");
        command(terminal, "/reset", "a new conversation");
        answer("Nine");
        command(terminal, "/load " + state, "goes on from");
        answer("Ten");
        answer("/regen");
        terminal.type("/exit\n");
        CHECK(terminal.wait_for_exit() == 0);
        CHECK(answers == 13);
        for (const std::string& other : devices) session.check_replay(other, answers);
    }
}

TEST_CASE("an answer that a person stops is replayed as far as it came") {
    const Session session;
    const std::string model = session.folder / "model.gguf";
    REQUIRE(session.status_of("synth " + model + " --size 2x64x257 --type f32") == 0);
    // The end of text and line feed are banned: only a person ends these answers.
    Terminal terminal(session.program,
                      {"chat", "-m", model, "-dev", "cpu", "-t", "1", "--seed", "7", "--template", "world",
                       "-n", "1000000", "-l", "0-inf", "-l", "11-inf", "--receipt", session.receipt});
    terminal.wait_for_prompt();
    for (const char* said : {"Talk and talk", "Again"}) {
        terminal.type(std::string(said) + "\n");
        terminal.read_until(std::string(said) + "\r\n");
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        terminal.type("\x03");
        terminal.read_until("stopped");
        terminal.wait_for_prompt();
    }
    terminal.type("/exit\n");
    CHECK(terminal.wait_for_exit() == 0);
    session.check_replay("cpu", 2);
}

}  // namespace
}  // namespace rwkvk::test
