#include "chat_input.h"

#include <langinfo.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>

#include "command.h"

#ifdef RWKVK_HAVE_EDITLINE
#include <editline/readline.h>
#endif

#include "interrupts.h"
#include "key_reader.h"

namespace rwkvk::app {
namespace {

constexpr const char *prompt = "> ", *continuation = ". ", *block_mark = "\"\"\"";
constexpr int history_lines = 1000;

/// $XDG_STATE_HOME/rwkvk/history; empty where there is no home or no such folder can be made. A path that is
/// not absolute counts as none.
std::string find_history_file() {
    const char *state = std::getenv("XDG_STATE_HOME"), *home = std::getenv("HOME");
    std::filesystem::path folder = state ? state : "";
    if (!folder.is_absolute()) folder = std::filesystem::path(home ? home : "") / ".local" / "state";
    if (!folder.is_absolute()) return {};
    std::error_code error;
    std::filesystem::create_directories(folder / "rwkvk", error);
    return error ? std::string() : (folder / "rwkvk" / "history").string();
}

/// Errors: RWKVK_IO.
std::optional<std::string> read_plain_line() {
    std::string line;
    errno = 0;
    if (std::getline(std::cin, line)) return line;
    if (std::ferror(stdin)) throw io_error("stdin", "cannot be read");
    return std::nullopt;
}

/// While it lives, the terminal marks where a paste begins and ends.
class MarkedPastes {
  public:
    MarkedPastes() {
        const char* terminal = std::getenv("TERM");
        if (!terminal || std::string_view(terminal) == "dumb") return;
        marked_ = true;
        Interrupts::write_on_leaving(paste_off);
        std::cout << paste_on << std::flush;
    }
    ~MarkedPastes() {
        if (!marked_) return;
        std::cout << paste_off << std::flush;
        Interrupts::write_on_leaving("");
    }
    MarkedPastes(const MarkedPastes&) = delete;
    MarkedPastes& operator=(const MarkedPastes&) = delete;

  private:
    bool marked_ = false;
};

}  // namespace

#ifdef RWKVK_HAVE_EDITLINE

namespace {

/// The line editor drops every character that the locale does not know.
void expect_utf8() {
    std::setlocale(LC_CTYPE, "");
    if (std::string(nl_langinfo(CODESET)) != "UTF-8") std::setlocale(LC_CTYPE, "C.UTF-8");
}

bool interrupted = false;  // the line that is being typed, by Ctrl-C

/// -1 at the end, and when Ctrl-C throws the line away.
int read_byte() {
    const bool before = Interrupts::pending();
    unsigned char byte = 0;
    while (true) {
        const ssize_t got = read(STDIN_FILENO, &byte, 1);
        if (got > 0) return byte;
        interrupted = got < 0 && errno == EINTR && Interrupts::pending() && !before;
        if (got == 0 || errno != EINTR || interrupted) return -1;
    }
}

int read_key(FILE*) {
    static KeyReader keys(read_byte);
    return keys.next();
}

}  // namespace

ChatInput::ChatInput(bool interactive) : interactive_(interactive) {
    if (!interactive_) return;
    expect_utf8();
    rl_getc_function = read_key;
    rl_initialize();
    using_history();
    stifle_history(history_lines);
    history_file_ = find_history_file();
    if (!history_file_.empty()) read_history(history_file_.c_str());
}

ChatInput::~ChatInput() {
    if (!history_file_.empty()) write_history(history_file_.c_str());
}

std::optional<std::string> ChatInput::read_line(const char* with_prompt) {
    if (!interactive_) return read_plain_line();
    const MarkedPastes marked;
    interrupted = false;
    char* typed = readline(with_prompt);
    if (!typed && interrupted) return "";
    if (!typed) return std::nullopt;
    std::string line = typed;
    std::free(typed);
    if (!line.empty()) add_history(line.c_str());
    return line;
}

#else

ChatInput::ChatInput(bool interactive) : interactive_(interactive) {}
ChatInput::~ChatInput() = default;

std::optional<std::string> ChatInput::read_line(const char* with_prompt) {
    if (!interactive_) return read_plain_line();
    const MarkedPastes marked;
    std::cerr << with_prompt << std::flush;
    std::optional<std::string> line = read_plain_line();
    while (line && ends_in_paste(*line)) {
        const std::optional<std::string> next = read_plain_line();
        if (!next) break;
        *line += '\n' + *next;
    }
    if (line) line = without_paste_marks(*line);
    return line;
}

#endif

/// Lines from `line` on, up to the mark that ends them.
std::string ChatInput::read_block(std::string line) {
    std::string message;
    while (true) {
        const size_t end = line.find(block_mark);
        message += line.substr(0, end);
        if (end != line.npos) return message;
        std::optional<std::string> next = read_line(continuation);
        if (!next) return message;
        if (!message.empty()) message += '\n';
        line = std::move(*next);
    }
}

std::optional<std::string> ChatInput::read() {
    std::optional<std::string> line = read_line(prompt);
    if (!line || !interactive_) return line;
    if (line->starts_with(block_mark))
        return read_block(line->substr(std::char_traits<char>::length(block_mark)));
    std::string message;
    while (line && line->ends_with('\\')) {
        line->back() = '\n';
        message += *line;
        line = read_line(continuation);
    }
    return message + line.value_or("");
}

}  // namespace rwkvk::app
