// Properties of whole models: how tokens are fed changes no bit, states can be copied, saved and put back.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/model/fingerprint.h"
#include "runtime/session/feed_run.h"
#include "runtime/synthetic/synthetic_model.h"
#include "runtime/synthetic/synthetic_tensors.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

using Logits = std::vector<float>;

std::vector<Token> tokens_of(uint32_t count, uint32_t seed) {
    std::vector<Token> tokens(count);
    for (uint32_t i = 0; i < count; ++i) tokens[i] = (i * 7919 + seed * 104729 + i * i * 31) % 264;
    return tokens;
}

template <typename Body>
void with_model(const std::shared_ptr<const Model>& model, const BackendOptions& options, const Body& body) {
    Context cpu(model, cpu::make_backend(model->programs(), model->weights(), options, {.threads = 2}));
    body(cpu);
    const auto device = test::open_device();
    if (!device) return;
    Context gpu(model, gpu::make_backend(model->programs(), model->weights(), options, *device->kernels, {}));
    body(gpu);
    test::check_no_messages(*device);
}

/// Runs the body on a CPU context and, where there is one, on a device context, for a model of every version.
template <typename Body>
void on_every_backend(const std::string& size, const BackendOptions& options, const Body& body) {
    for (const SyntheticVersion& version : synthetic_versions()) {
        INFO(version.name);
        with_model(synthetic_model(concat(version.name, ":", size)), options, body);
    }
}

TEST_CASE("a prompt fed in any pieces gives the same bits") {
    on_every_backend("2x64x264:f16", {.max_rows = 32}, [](Context& context) {
        const std::vector<Token> tokens = tokens_of(45, 1);
        const Logits whole = context.feed(0, tokens);
        const std::vector<float> state = context.state(0);
        for (const uint32_t chunk : {1u, 2u, 7u, 16u, 45u}) {
            context.reset(0);
            INFO(context.backend().description(), ", pieces of ", chunk);
            CHECK(context.feed(0, tokens, chunk) == whole);
            CHECK(context.state(0) == state);
        }
    });
}

TEST_CASE("runs that stop after every piece, or after some, give the same bits") {
    on_every_backend("2x64x264:f16", {.max_rows = 16, .slots = 2}, [](Context& context) {
        INFO(context.backend().description());
        const std::vector<Token> first = tokens_of(29, 1), second = tokens_of(3, 2);
        const std::vector<Feed> feeds = {{.slot = 0, .tokens = first, .want = Want::all, .vectors = {}},
                                         {.slot = 1, .tokens = second, .want = Want::last, .vectors = {}}};
        const auto results_of = [&](const auto& go) {
            for (const uint32_t slot : {0, 1}) context.reset(slot);
            std::vector<Logits> results;
            FeedRun run(context, feeds, [&](size_t, size_t, std::span<const float> logits) {
                results.emplace_back(logits.begin(), logits.end());
            });
            go(run);
            for (const uint32_t slot : {0, 1}) results.push_back(context.state(slot));
            return results;
        };
        const auto whole = results_of([](FeedRun& run) { run.run(); });
        REQUIRE(whole.size() == 32);
        size_t pieces = 0;
        const auto in_pieces = results_of([&](FeedRun& run) {
            while (!run.go_on(0, /*at_least_one*/ true)) ++pieces;
        });
        CHECK(pieces >= 4);  // of each run one at least
        CHECK(in_pieces == whole);
        CHECK(results_of([](FeedRun& run) {
                  CHECK(!run.go_on(0, /*at_least_one*/ false));
                  for (int i = 0; i < 9; ++i) run.go_on(0, true);
                  while (!run.go_on(0.001, true)) CHECK(!run.go_on(0, false));
              }) == whole);
        CHECK(results_of([](FeedRun& run) {
                  for (int i = 0; i < 5; ++i) run.go_on(0, true);
                  run.run();
              }) == whole);
    });
}

TEST_CASE("memory that is mapped and memory that is staged give the same bits") {
    const auto model = synthetic_model("v7:2x64x264:q8_0");
    std::vector<std::pair<Logits, std::vector<float>>> results;
    for (const char* mask : {"", "-mapped"}) {
        const auto device = test::open_device(mask);
        if (!device) return;
        const BackendOptions options{.max_rows = 16, .slots = 2};
        Context context(
            model, gpu::make_backend(model->programs(), model->weights(), options, *device->kernels, {}));
        const Logits logits = context.feed(0, tokens_of(20, 1));
        context.set_state(1, context.state(0));
        CHECK(context.state(1) == context.state(0));
        results.emplace_back(logits, context.state(1));
        test::check_no_messages(*device);
    }
    CHECK(results[0] == results[1]);
}

TEST_CASE("sequences fed together, in any order, give the bits of each alone") {
    on_every_backend("2x64x264:bf16", {.max_rows = 16, .slots = 4}, [](Context& context) {
        const std::vector<std::vector<Token>> all = {tokens_of(9, 1), tokens_of(1, 2), tokens_of(30, 3),
                                                     tokens_of(4, 4)};
        std::vector<Logits> alone(4);
        std::vector<std::vector<float>> states(4);
        for (size_t i = 0; i < 4; ++i) {
            context.reset(0);
            alone[i] = context.feed(0, all[i]);
            states[i] = context.state(0);
        }
        std::vector<uint32_t> order = {0, 1, 2, 3};
        do {
            std::vector<Feed> feeds;
            for (const uint32_t i : order) {
                context.reset(3 - i);
                feeds.push_back({.slot = 3 - i, .tokens = all[i], .want = Want::last, .vectors = {}});
            }
            size_t seen = 0;
            context.feed(feeds, [&](size_t feed, size_t, std::span<const float> logits) {
                ++seen;
                CHECK(Logits(logits.begin(), logits.end()) == alone[order[feed]]);
            });
            CHECK(seen == 4);
            for (const uint32_t i : order) CHECK(context.state(3 - i) == states[i]);
        } while (std::next_permutation(order.begin(), order.begin() + 3));
    });
}

TEST_CASE("a copied, a saved and a restored state continue alike") {
    on_every_backend("2x64x264:f32", {.max_rows = 16, .slots = 3}, [](Context& context) {
        context.feed(0, tokens_of(11, 5));
        context.feed(1, tokens_of(4, 6));  // leaves slot 1 at the other parity
        const std::vector<float> saved = context.state(0);
        context.copy(0, 1);
        context.set_state(2, saved);
        CHECK(context.state(1) == saved);
        CHECK(context.state(2) == saved);
        const std::vector<Token> more = tokens_of(6, 7);
        const Logits expected = context.feed(0, more);
        CHECK(context.feed(1, more) == expected);
        CHECK(context.feed(2, more) == expected);
        CHECK(context.state(1) == context.state(0));
    });
}

TEST_CASE("hidden vectors are what the head makes logits of, the same on every backend") {
    std::map<std::string, Logits> of_version;
    on_every_backend("2x64x264:f32", {.max_rows = 16, .slots = 3}, [&](Context& context) {
        const std::vector<Token> tokens = tokens_of(21, 8);
        const auto item = [&](uint32_t slot, Want want, bool hidden) {
            return Feed{.slot = slot, .tokens = tokens, .want = want, .hidden = hidden, .vectors = {}};
        };
        const std::vector<Feed> feeds = {item(0, Want::all, true), item(1, Want::all, false),
                                         item(2, Want::last, true)};
        std::vector<Logits> hidden(21), logits(21);
        Logits last;
        context.feed(feeds, [&](size_t feed, size_t position, std::span<const float> row) {
            REQUIRE(row.size() == (feed == 1 ? 264 : 64));
            (feed == 2   ? last
             : feed == 1 ? logits[position]
                         : hidden[position])
                .assign(row.begin(), row.end());
        });
        CHECK(last == hidden.back());
        CHECK(of_version.try_emplace(std::string(context.model().version()), last).first->second == last);
        std::vector<float> head(64);
        for (uint32_t token = 0; token < 264; ++token) {
            context.model().weights().read_rows("head.weight", token, 1,
                                                reinterpret_cast<std::byte*>(head.data()));
            for (size_t i = 0; i < hidden.size(); ++i) {
                double sum = 0, size = 0;
                for (size_t c = 0; c < head.size(); ++c) {
                    sum += double{head[c]} * hidden[i][c];
                    size += std::abs(double{head[c]} * hidden[i][c]);
                }
                REQUIRE(std::abs(sum - logits[i][token]) <= 1e-5 * size);
            }
        }
    });
}

TEST_CASE("vectors of the embedding give the bits of the ids") {
    on_every_backend("2x64x264:f32", {.max_rows = 16, .slots = 2}, [](Context& context) {
        // Its tokens have matrices too, which a vector does not stand for: see deep_embed_test.
        if (context.model().version() == "7a") return;
        const std::vector<Token> tokens = tokens_of(5, 8);
        std::vector<float> vectors;
        std::vector<float> row(64);
        for (const Token token : tokens) {
            context.model().weights().read_rows("emb.weight", token, 1,
                                                reinterpret_cast<std::byte*>(row.data()));
            vectors.insert(vectors.end(), row.begin(), row.end());
        }
        const Logits expected = context.feed(0, tokens);
        std::vector<Token> mixed = tokens;
        mixed[0] = mixed[3] = NONE;
        const Feed feed{.slot = 1, .tokens = mixed, .want = Want::last, .vectors = vectors};
        context.feed({&feed, 1}, [&](size_t, size_t, std::span<const float> logits) {
            CHECK(Logits(logits.begin(), logits.end()) == expected);
        });
        CHECK(context.state(1) == context.state(0));
    });
}

/// Every intermediate, by name, after all steps.
std::map<std::string, std::vector<float>> intermediates_of(Context& context, const RunTables& tables) {
    Backend& backend = context.backend();
    const Program& program = backend.programs().body;
    backend.begin(Part::body, tables);
    std::set<uint32_t> used;
    for (size_t i = 0; i < program.steps.size(); ++i) {
        backend.run_step(i);
        for (const Operand& operand : program.steps[i].operands) used.insert(operand.tensor);
    }
    std::map<std::string, std::vector<float>> all;
    for (const uint32_t i : used) {
        const Tensor& tensor = program.tensors[i];
        if (tensor.kind != TensorKind::activation) continue;
        for (uint32_t plane = 0; plane < tensor.planes; ++plane) {
            std::vector<float>& values = all[concat(tensor.name, ".", plane)];
            values.resize(uint64_t{tables.rows} * tensor.width);
            backend.read_tensor({i, plane}, values);
        }
    }
    return all;
}

TEST_CASE("a run that keeps its intermediates has all of them at the end") {
    const RunTables tables{3,
                           {{tables::ids, {5, 200, 77}},
                            {tables::shifts, {0, NONE, NONE, NONE, NONE, 1}},
                            {tables::sequences, {0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}}};
    std::map<std::string, std::vector<float>> expected;
    on_every_backend("2x64x264:f32", {.max_rows = 8, .keep_all = true}, [&](Context& context) {
        const auto found = intermediates_of(context, tables);
        CHECK(found.size() > 10);
        if (context.backend().description().starts_with("cpu")) {
            expected = found;
        } else {
            for (const auto& [name, values] : found) {
                CAPTURE(name);
                CHECK(values == expected.at(name));
            }
        }
    });
}

TEST_CASE("bad requests are refused and change nothing") {
    on_every_backend("2x64x264:f32", {.max_rows = 16, .slots = 2}, [](Context& context) {
        context.feed(0, tokens_of(3, 9));
        const std::vector<float> before = context.state(0);
        const std::vector<Token> outside = {1, 264}, fine = {1};
        CHECK_THROWS_AS(context.feed(0, outside), Error);
        CHECK_THROWS_AS(context.feed(2, fine), Error);
        const Feed twice[] = {{.slot = 0, .tokens = fine, .want = Want::last, .vectors = {}},
                              {.slot = 0, .tokens = fine, .want = Want::last, .vectors = {}}};
        CHECK_THROWS_AS(context.feed(twice, [](size_t, size_t, std::span<const float>) {}), Error);
        CHECK_THROWS_AS(context.set_state(0, std::vector<float>(3)), Error);
        CHECK(context.state(0) == before);
    });
}

}  // namespace
}  // namespace rwkvk
