// Receipts as files: what is written is read again, to the bit; what is none is refused.
#include "runtime/session/receipt.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/support/allocation_meter.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace rwkvk {
namespace {

using nlohmann::json;
using test::check_contains;
using test::refusal_of;

constexpr const char* print = "0123456789abcdef";

/// Everything that a receipt can say.
Receipt full() {
    Receipt receipt{.program = "rwkvk \"0.1\"",
                    .numerics = 7,
                    .name = "Größe.pth",
                    .model = {"../a b/Größe.pth", print},
                    .weights = "Q8_0",
                    .adapters = {{{"lora.pth", print}, 0.1f}, {{"", print}, -3e-30f}},
                    .samplings = {},
                    .steps = {}};
    text::SamplerParams params{
        .temperature = 0.7f, .top_p = 0.85f, .top_k = 40, .min_p = 0.01f, .typical = 0.9f};
    params.penalties = {.presence = -0.3f, .frequency = 0.1f, .decay = 0.99f, .repeat = 1.1f};
    params.order = text::SamplerOrder::llama;
    params.seed = UINT64_MAX;
    receipt.samplings.push_back({params, {{3, -1.5f}, {65535, 1e-9f}}, {0, 7}});
    receipt.samplings.push_back({});
    receipt.steps.push_back({.state = {{"tuned.pth", print}}, .from = 0, .fed = {}, .answer = {}});
    receipt.steps.push_back({.state = {}, .from = 1, .fed = {1, 2, 65535}, .answer = {}});
    Receipt::Answer answer;
    answer.sampling = 1;
    answer.before = {UINT64_MAX - 1, {{5, 0.0f}, {9, 1.996f}}};
    answer.ids = {4, 5, 6};
    answer.ended = true;
    answer.fingerprint = print;
    receipt.steps.push_back({.state = {}, .from = 2, .fed = {}, .answer = answer});
    answer.ids.clear();
    answer.ended = false;
    receipt.steps.push_back({.state = {}, .from = 0, .fed = {8}, .answer = answer});
    return receipt;
}

std::string refusal(const std::string& text, Code code = Code::bad_file) {
    const std::string message = refusal_of([&] { parse_receipt(text, "r.json"); }, code);
    CHECK(message.starts_with("r.json: "));
    CHECK(message.find('\n') == message.npos);
    return message;
}

TEST_CASE("what is written is read again") {
    const Receipt receipt = full();
    const std::string text = to_json(receipt);
    CHECK(parse_receipt(text, "r.json") == receipt);
    CHECK(to_json(parse_receipt(text, "r.json")) == text);
    CHECK(json::parse(text)["samplings"][0]["seed"] == "18446744073709551615");
    CHECK(receipt.answers() == 2);
    const test::TemporaryFolder folder;
    write_receipt(folder / "r.json", receipt);
    CHECK(read_receipt(folder / "r.json") == receipt);
    CHECK(folder.names() == std::vector<std::string>{"r.json"});
}

TEST_CASE("every float that sampling takes keeps its bits") {
    std::mt19937 random(5);
    Receipt receipt = full();
    for (int i = 0; i < 20000; ++i) {
        const auto value = std::bit_cast<float>(static_cast<uint32_t>(random()));
        if (!std::isfinite(value)) continue;
        receipt.samplings[0].params.temperature = std::abs(value);
        receipt.adapters[0].scale = value;
        const Receipt found = parse_receipt(to_json(receipt), "r.json");
        REQUIRE(std::bit_cast<uint32_t>(found.adapters[0].scale) == std::bit_cast<uint32_t>(value));
        REQUIRE(found == receipt);
    }
}

TEST_CASE("names that cannot be shown are left out, not damage") {
    Receipt receipt = full();
    receipt.model.path = "a\xff.pth";
    receipt.steps[0].state->path = "a\033[2J.pth";
    const Receipt found = parse_receipt(to_json(receipt), "r.json");
    CHECK(found.model.path.empty());
    CHECK(found.steps[0].state->path.empty());
    receipt.model.path = receipt.steps[0].state->path = "";
    CHECK(found == receipt);
}

TEST_CASE("a later version and what is no receipt are refused by name") {
    json file = json::parse(to_json(full()));
    file["more"] = {1, 2};  // says nothing to this version
    CHECK(parse_receipt(file.dump(), "r.json") == full());
    file["version"] = 2;
    check_contains(refusal(file.dump(), Code::unsupported),
                   "version 2, expected at most 1: use a newer rwkvk");
    file["version"] = 0;
    check_contains(refusal(file.dump()), "version 0");
    for (const char* text : {"{}", R"({"format": 1})", R"({"format": "rwkvk-state"})"})
        check_contains(refusal(text), "not a receipt: expected the format rwkvk-receipt");
    for (const char* text : {"", "[]", "\"rwkvk-receipt\"", "{\"format\": \"rwkvk-receipt\", ", "\xff"})
        refusal(text);
}

TEST_CASE("every key is needed, of its kind") {
    const json whole = json::parse(to_json(full()));
    const json flat = whole.flatten();
    for (const auto& item : flat.items()) {
        const std::string& pointer = item.key();
        const json::json_pointer at(pointer);
        const bool is_item = pointer.find_last_not_of("0123456789") + 1 < pointer.size() &&
                             pointer[pointer.find_last_not_of("0123456789")] == '/';
        CAPTURE(pointer);
        for (const json& wrong : {json(nullptr), json::object(), json(1e300), json("\n")}) {
            json file = whole;
            file[at] = wrong;
            refusal(file.dump());
        }
        if (is_item) continue;
        json file = whole;
        file[at.parent_pointer()].erase(at.back());
        refusal(file.dump());
    }
}

TEST_CASE("a receipt that contradicts itself is refused where it does") {
    const auto changed = [](const char* pointer, const json& value) {
        json file = json::parse(to_json(full()));
        file[json::json_pointer(pointer)] = value;
        return refusal(file.dump());
    };
    check_contains(changed("/steps/1/from", 2), "at most 1, a step before this one");
    check_contains(changed("/steps/1/fed", json::array()), "ids to feed before the first one that is drawn");
    check_contains(changed("/steps/1/fed/0", 1 << 24), "an id below");
    check_contains(changed("/steps/2/answer/sampling", 2), "one of 2 samplings");
    check_contains(changed("/steps/2/answer/ids", json::array()), "an id that ended the answer");
    check_contains(changed("/steps/2/answer/counted/0", {5}), "an id and a number");
    check_contains(changed("/steps/2/answer/counted/0", {5, 1, 1}), "an id and a number");
    check_contains(changed("/steps/2/answer/counted/1/0", 5), "rising ids");
    check_contains(changed("/steps/2/answer/draws", "-1"), "a whole number in quotes");
    check_contains(changed("/model/fingerprint", "0123456789ABCDEF"), "16 hexadecimal digits");
    check_contains(changed("/samplings/0/order", "any"), "rwkv or llama");
    check_contains(changed("/samplings/0/min_p", 2), "min_p is 2");
    check_contains(changed("/samplings/0/biases/0/1", 3e9), "the bias of token 3");
    check_contains(changed("/samplings/0/top_k", uint64_t{1} << 32), "below 2^32");
    check_contains(changed("/model/name", "\033[2J"), "control characters");
}

/// Within the bound that holds for every file.
void check_memory(const std::string& text) {
    const test::AllocationMeter meter;
    try {
        parse_receipt(text, "r.json");
    } catch (const Error&) {
    }
    CHECK(meter.peak_bytes() <= 4 * text.size() + (size_t{16} << 20));
}

TEST_CASE("reading takes bounded memory, whatever a receipt holds") {
    const json whole = json::parse(to_json(full()));
    const auto with = [&](const char* pointer, const std::string& item, size_t count) {
        json file = whole;
        file[json::json_pointer(pointer)] = "HERE";
        std::string text = file.dump(), items = item;
        for (size_t i = 1; i < count; ++i) items += "," + item;
        return text.replace(text.find("\"HERE\""), 6, "[" + items + "]");
    };
    check_memory(with("/steps/1/fed", "1", 4000000));
    check_memory(with("/steps/1/fed", "65535", 4000000));
    check_memory(with("/samplings/0/biases", "[1,2]", 1000000));
    check_memory(with("/samplings/0/banned", "1", 1000000));
    check_memory(with("/steps/2/answer/counted", "[1,2]", 1000000));
    for (const size_t count : {max_receipt_steps, 20 * max_receipt_steps}) {
        check_memory(with("/steps", R"({"from":0,"fed":[]})", count));
        check_memory(with("/steps", whole["steps"][3].dump(), count));
        check_memory(with("/samplings", whole["samplings"][1].dump(), count));
        check_memory(with("/adapters", R"({"path":"","fingerprint":"0123456789abcdef","scale":1})", count));
    }
    CHECK(parse_receipt(with("/steps", R"({"from":0,"fed":[]})", max_receipt_steps), "r.json").steps.size() ==
          max_receipt_steps);
    check_contains(refusal(with("/steps", R"({"from":0,"fed":[]})", max_receipt_steps + 1)), "at most 32768");
}

TEST_CASE("a file that a receipt names is where it says, below the receipt's folder, or beside it") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "sub");
    const auto touch = [&](const char* name) { std::ofstream(folder / name) << "x"; };
    const std::string receipt = folder / "r.json";
    CHECK(find_named("sub/m.pth", receipt) == "");
    touch("m.pth");
    CHECK(find_named("sub/m.pth", receipt) == folder / "m.pth");
    touch("sub/m.pth");
    CHECK(find_named("sub/m.pth", receipt) == folder / "sub/m.pth");
    CHECK(find_named(folder / "m.pth", "elsewhere/r.json") == folder / "m.pth");
    CHECK(find_named("", receipt) == "");
}

}  // namespace
}  // namespace rwkvk
