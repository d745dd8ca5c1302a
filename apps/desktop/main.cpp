#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "folders.h"
#include "window.h"

namespace rwkvk::desktop {
namespace {

struct Flags {
    std::string model, device, state_log;
};

Flags parse(int argc, char** argv) {
    Flags flags;
    CLI::App app{"A window for conversations with an RWKV model; everything runs on this computer."};
    app.add_option("-m,--model", flags.model,
                   "Model to open; else the one before, at first the embedded one");
    app.add_option("-d,--device", flags.device, "Device: index, part of a name, UUID, or cpu");
    app.add_option("--log-state", flags.state_log, "For tests: what the window shows, as lines of JSON")
        ->group("");
    app.set_version_flag("--version", std::string("rwkvk-desktop ") + rwkvk_version());
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error) == 0 ? 0 : 2);
    }
    return flags;
}

void run(const Flags& flags) {
    const std::filesystem::path settings_file = config_folder() / "desktop.json";
    const Runtime runtime;
    Window window(runtime);
    Session session({data_folder() / "conversations", data_folder() / "states", settings_file}, Window::wake,
                    {.path = flags.model, .device = flags.device}, runtime, window.device());
    window.run(session, flags.state_log);
    if (!session.busy()) return;
    // Verifying and loading cannot be left at any time; nothing of them is worth waiting for.
    session.close();
    std::_Exit(0);
}

}  // namespace
}  // namespace rwkvk::desktop

int main(int argc, char** argv) {
    try {
        rwkvk::desktop::run(rwkvk::desktop::parse(argc, argv));
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "rwkvk-desktop: %s\n", error.what());
        return 1;
    }
}
