// The same in C++, twice at once: two contexts of one model in two threads give the same tokens.
// usage: consumer MODEL
#include <iostream>
#include <rwkvk_receipt.hpp>
#include <thread>

namespace {

std::vector<rwkvk::Token> generate(const rwkvk::Runtime& runtime, const rwkvk::Model& model) {
    rwkvk_context_params params = rwkvk::context_params();
    params.device = "cpu";
    params.threads = 2;
    rwkvk::Context context(model, params);
    rwkvk::Sampler sampler(runtime);
    std::vector<rwkvk::Token> tokens;
    rwkvk::Receipt receipt(context);
    receipt.begin_answer(0, {72, 105}, sampler);
    std::vector<float> logits = context.eval(0, {72, 105});
    for (int i = 0; i < 8; ++i) {
        tokens.push_back(sampler.sample(logits));
        logits = context.eval(0, {tokens.back()});
    }
    receipt.end_answer(0, tokens, /*ended*/ false);
    if (receipt.replay(context).differs != RWKVK_DIFFERS_NOWHERE) tokens.clear();
    return tokens;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    try {
        const rwkvk::Runtime runtime;
        const rwkvk::Model model = runtime.load(argv[1]);
        std::vector<rwkvk::Token> first, second;
        std::thread other([&] { second = generate(runtime, model); });
        first = generate(runtime, model);
        other.join();
        if (first != second) return 3;
        for (const rwkvk::Token token : first) std::cout << ' ' << token;
        std::cout << '\n';
    } catch (const rwkvk::Error& error) {
        std::cerr << rwkvk_status_name(error.status()) << ": " << error.what() << '\n';
        return 1;
    }
}
