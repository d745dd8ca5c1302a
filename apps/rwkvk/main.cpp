#include <fcntl.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "command.h"

namespace {

using namespace rwkvk;

/// A closed stdin, stdout or stderr stays so: the next file that is opened must not take its place. What is
/// written to stdout fails, as it must; what goes to stderr is lost.
void hold_standard_streams() {
    for (const int stream : {0, 1, 2}) {
        if (fcntl(stream, F_GETFD) != -1) continue;
        [[maybe_unused]] const int held = open("/dev/null", stream == 2 ? O_WRONLY : O_RDONLY);
    }
}

void tell_ignored(const std::vector<std::string>& flags) {
    std::string list;
    for (const std::string& flag : flags) list += app::concat(list.empty() ? "" : ", ", flag);
    if (!list.empty())
        std::cerr << "rwkvk: passed over, of llama.cpp and without a meaning here: " << list << '\n';
}

CLI::App& command_called(CLI::App& app, const std::string& name) {
    std::string names;
    for (CLI::App* command : app.get_subcommands({})) {
        if (command->get_name() == name) return *command;
        names += app::concat(names.empty() ? "" : ", ", command->get_name());
    }
    throw app::usage_error(app::concat("no command is called '", name, "'; there are ", names));
}

/// What was typed, as this program's own flags, the last first, as CLI11 takes them.
std::vector<std::string> command_line(CLI::App& app, int argc, char** argv) {
    std::vector<std::string> line = app::with_command_first({argv + std::min(argc, 1), argv + argc});
    if (!line.empty() && line[0][0] != '-') {
        CLI::App& command = command_called(app, line[0]);
        const app::Arguments arguments = app::own_arguments(line, app::own_flags(command));
        line = arguments.line;
        // Of this command only: CLI11 checks the environment of all that it knows.
        if (line[0][0] != '-') app::mirror_in_environment(command_called(app, line[0]));
        app::forget_excluded_environment(command, arguments.typed);
        tell_ignored(arguments.ignored);
    }
    std::ranges::reverse(line);
    return line;
}

/// Whether a device was asked for by name where there are some: no_device is then the fault of the name.
bool misnames_device(const CLI::App& app) {
    const auto commands = app.get_subcommands();
    const CLI::Option* device = commands.empty() ? nullptr : commands[0]->get_option_no_throw("--device");
    const bool named = device && !device->empty() && !device->as<std::string>().empty();
    return named && !Runtime().devices().empty();
}

int run(int argc, char** argv) {
    CLI::App app("RWKV language models on any Vulkan GPU, with the same bits on every device", "rwkvk");
    app.option_defaults()->always_capture_default();
    app.require_subcommand(1);
    app.failure_message([](const CLI::App*, const CLI::Error& error) {
        const bool two_of_one = dynamic_cast<const CLI::ExcludesError*>(&error) != nullptr;
        return app::concat("rwkvk: ", error.what(), two_of_one ? ": leave one of them out; " : "; ",
                           "--help says what there is\n");
    });
    app.set_version_flag("--version", std::string("rwkvk ") + rwkvk_version());
    app::add_bench(app);
    app::add_chat(app);
    app::add_devices(app);
    app::add_embed(app);
    app::add_generate(app);
    app::add_info(app);
    app::add_kernels(app);
    app::add_logits(app);
    app::add_perplexity(app);
    app::add_quantize(app);
    app::add_replay(app);
    app::add_serve(app);
    app::add_synth(app);
    app::add_tokenize(app);
    app::add_verify(app);
    for (CLI::App* command : app.get_subcommands({})) app::refuse_odd_values(*command);
    try {
        app.parse(command_line(app, argc, argv));
    } catch (const CLI::Success& success) {  // --help, --version
        app.exit(success);
    } catch (const CLI::ParseError& error) {
        app.exit(error, std::cerr, std::cerr);
        return 2;
    } catch (const Error& error) {
        if (error.status() == RWKVK_NO_DEVICE && misnames_device(app)) throw app::usage_error(error.what());
        throw;
    }
    std::cout.flush();
    if (!std::cout) throw Error(RWKVK_IO, "stdout: cannot be written");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    hold_standard_streams();
    // A closed stdout and a file that grew too large are errors to report, not silent deaths.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    try {
        return run(argc, argv);
    } catch (const app::Failed&) {
        return 1;
    } catch (const Error& error) {
        if (error.status() == RWKVK_CANCELLED) {
            std::cerr << "rwkvk: interrupted\n";
            return 130;
        }
        std::cerr << "rwkvk: " << error.what() << '\n';
        return error.status() == RWKVK_BAD_ARGUMENT ? 2 : 1;
    } catch (const std::bad_alloc&) {
        std::cerr << "rwkvk: out of memory; close other programs or use a smaller model\n";
        return 1;
    } catch (const std::exception& error) {
        std::cerr << "rwkvk: " << error.what() << '\n';
        return 1;
    }
}
