// What is measured: that it is complete and consistent, not how fast this machine is.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "runtime/check/bench.h"
#include "runtime/check/latency.h"
#include "runtime/check/probe.h"
#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/graph/joins.h"
#include "runtime/graph/phases.h"
#include "runtime/graph/uses.h"
#include "runtime/session/generation.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

void check_bench(Context& context) {
    const check::BenchOptions options{.prompt = 9, .generate = 3, .batches = {1, 3}, .repeats = 2};
    const std::vector<check::BenchRow> rows = check::bench(context, options);
    REQUIRE(rows.size() == 7);
    CHECK(rows[0].test == "pp9");
    CHECK(rows[1].test == "tg3");
    CHECK(rows[2].test == "gen3");
    CHECK(rows[3].test == "eng3");
    CHECK(rows[4].test == "tg3@b3");
    CHECK(rows[5].test == "gen3@b3");
    CHECK(rows[6].test == "eng3@b3");
    for (const check::BenchRow& row : rows) {
        CHECK(row.tokens_per_second > 0);
        CHECK(std::abs(row.gb_per_second - row.tokens_per_second * row.bytes_per_token * 1e-9) < 1e-9);
    }
    // A token reads all weights but the table, one row of that, and its state twice.
    const Model& model = context.model();
    const double table = 300.0 * 64 * 2, row = 64 * 2;
    const double states = 2 * static_cast<double>(model.state_bytes());
    const double weights = static_cast<double>(model.weight_bytes()) - table;
    CHECK(rows[1].bytes_per_token == weights + row + states);
    CHECK(rows[2].bytes_per_token == rows[1].bytes_per_token);
    CHECK(std::abs(rows[4].bytes_per_token - (weights / 3 + row + states)) < 1);
    CHECK(rows[0].bytes_per_token < rows[1].bytes_per_token);
}

void check_times(Context& context) {
    for (const uint32_t rows : {1u, 9u}) {
        const std::vector<check::OpTime> times = check::time_ops(context, rows, 3);
        double share = 0, calls = 0;
        bool recurrence = false;
        for (const check::OpTime& time : times) {
            share += time.share;
            calls += time.calls_per_token * rows;
            recurrence = recurrence || time.op == "wkv7" || time.op == "head7";
            CHECK(time.us_per_token >= 0);
            CHECK(time.gb_per_second > 0);
        }
        const ModelPrograms& programs = context.backend().programs();
        CHECK(std::abs(share - 1) < 1e-6);
        CHECK(std::lround(calls) ==
              static_cast<long>(programs.body.steps.size() + programs.head.steps.size()));
        CHECK(recurrence);
    }
}

/// A timed run is a run: states and logits are those of any other.
void check_timed_run(Context& context) {
    const std::vector<Token> tokens = {5, 6, 7};
    context.reset(0);
    const std::vector<float> before = context.feed(0, tokens);
    check::time_ops(context, 3, 1);
    check::work_per_token(context);
    CHECK(context.feed(0, tokens) == before);
}

TEST_CASE("the CPU is measured") {
    const auto model = synthetic_model("v7:2x64x300:f16");
    Context context(model,
                    cpu::make_backend(model->programs(), model->weights(),
                                      {.max_rows = 9, .slots = 3, .spare_slots = Generation::spare_slots},
                                      {.threads = 2}));
    check_bench(context);
    check_times(context);
    check_timed_run(context);
    CHECK(check::work_per_token(context).dispatches == 0);
    CHECK(check::probe_cpu(2) > 1e7);
}

TEST_CASE("ops of every version are measured") {
    for (const char* spec : {"v4:1x64x300:f16", "v5.2:1x64x300:f16", "v6:1x64x300:f16", "v7a:1x64x300:f16",
                             "rwkv6qwen2:1x64x300:f16"}) {
        CAPTURE(spec);
        const auto model = synthetic_model(spec);
        Context context(model, cpu::make_backend(model->programs(), model->weights(), {.max_rows = 9}, {}));
        for (const check::OpTime& time : check::time_ops(context, 9, 1)) CHECK(time.gb_per_second > 0);
    }
}

TEST_CASE("of tables beside the embedding a token reads one row too") {
    const auto model = synthetic_model("v7a:1x64x300:f16");
    Context context(model, cpu::make_backend(model->programs(), model->weights(),
                                             {.max_rows = 9, .spare_slots = Generation::spare_slots}, {}));
    const auto rows = check::bench(context, {.prompt = 0, .generate = 1, .batches = {1}, .repeats = 1});
    REQUIRE(rows.size() == 3);
    const auto deep = *model->weights().find("blocks.0.ffn.s_emb.weight");
    const double looked_up = 64.0 * 2 + deep.in * 2.0;
    CHECK(rows[0].bytes_per_token == static_cast<double>(model->weight_bytes()) - 300 * looked_up +
                                         looked_up + 2 * static_cast<double>(model->state_bytes()));
}

TEST_CASE("a device is measured") {
    const auto device = test::open_device();
    if (!device) return;
    const auto model = synthetic_model("v7:2x64x300:f16");
    Context context(model,
                    gpu::make_backend(model->programs(), model->weights(),
                                      {.max_rows = 9, .slots = 3, .spare_slots = Generation::spare_slots},
                                      *device->kernels, {}));
    check_bench(context);
    check_times(context);
    check_timed_run(context);
    const ModelPrograms& programs = context.backend().programs();
    const RunStatistics work = check::work_per_token(context);
    CHECK(work.dispatches < programs.body.steps.size() + programs.head.steps.size());  // products share some
    const uint32_t copies = device->kernels->device().facts().mapped ? 0 : 3;  // tables of both, logits
    const Joins joins = joins_of(programs.body);
    const auto mixes = joins.mixes.size() - std::ranges::count(joins.mixes, no_step);
    const vk::DeviceFacts& facts = device->kernels->device().facts();
    if (facts.fusion) CHECK((mixes == 3 && joins.heads.size() == 2 && joins.embeds.size() == 1));
    const size_t fewer = facts.joins ? mixes + joins.heads.size() + 2 * joins.embeds.size() : 0;
    CHECK(work.barriers ==
          copies + phases_of(programs.body).back() + 1 + phases_of(programs.head).back() + 1 - fewer);
    CHECK(check::probe_device(*device->kernels) > 1e7);
    const check::Latencies times = check::measure_latencies(*device->kernels);
    for (const double seconds : {times.phase, times.wide_phase, times.dispatch, times.round_trip}) {
        CHECK(seconds > 0);
        CHECK(seconds < 1);
    }
    CHECK(times.upload_bytes > 1e6);
    test::check_no_messages(*device);
}

TEST_CASE("the probe reads far more than a cache holds, and not more than a model would take") {
    vk::DeviceFacts facts;
    facts.max_allocation_bytes = 4ull << 30;
    const auto bytes = [&](vk::DeviceType type, uint64_t memory_bytes) {
        facts.type = type;
        facts.memory_bytes = memory_bytes;
        return check::probe_bytes(facts);
    };
    using vk::DeviceType;
    CHECK(bytes(DeviceType::discrete, 80ull << 30) == 1ull << 30);
    CHECK(bytes(DeviceType::other, 80ull << 30) == 1ull << 30);  // a virtual GPU
    CHECK(bytes(DeviceType::integrated, 16ull << 30) == 1ull << 30);
    CHECK(bytes(DeviceType::integrated, 4ull << 30) == 128ull << 20);
    CHECK(bytes(DeviceType::discrete, 2ull << 30) == 512ull << 20);
    CHECK(bytes(DeviceType::software, 64ull << 30) == 128ull << 20);
}

}  // namespace
}  // namespace rwkvk
