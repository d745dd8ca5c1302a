#include <csignal>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "command.h"

namespace {

using namespace rwkvk;

/// llama.cpp spells two of its flags with one dash and several letters, and people have them in their
/// fingers.
std::vector<std::string> with_long_spelling(int argc, char** argv) {
    std::vector<std::string> arguments;
    for (int i = argc - 1; i > 0; --i) {  // CLI11 takes them last first
        const std::string argument = argv[i];
        arguments.push_back(argument == "-dev" ? "--dev" : argument == "-sys" ? "--sys" : argument);
    }
    return arguments;
}

int run(int argc, char** argv) {
    CLI::App app("rwkvk: RWKV language models on any Vulkan GPU, with the same bits on every device");
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("rwkvk ") + rwkvk_version());
    app::add_bench(app);
    app::add_chat(app);
    app::add_devices(app);
    app::add_generate(app);
    app::add_info(app);
    app::add_kernels(app);
    app::add_logits(app);
    app::add_synth(app);
    app::add_tokenize(app);
    app::add_verify(app);
    for (CLI::App* command : app.get_subcommands({})) app::mirror_in_environment(*command);
    try {
        app.parse(with_long_spelling(argc, argv));
    } catch (const CLI::Success& success) {  // --help, --version
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        app.exit(error, std::cerr, std::cerr);
        return 2;
    }
    std::cout.flush();
    if (!std::cout) throw Error(RWKVK_IO, "stdout: cannot be written");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a closed stdout is an error to report, not a silent death
    try {
        return run(argc, argv);
    } catch (const app::Failed&) {
        return 1;
    } catch (const Error& error) {
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
