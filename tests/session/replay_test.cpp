// Receipts computed again: equal on every device, and what was forged is named.
#include "runtime/session/replay.h"

#include <doctest/doctest.h>

#include <functional>

#include "runtime/cpu/backend.h"
#include "runtime/gpu/backend.h"
#include "runtime/model/fingerprint.h"
#include "runtime/session/chat.h"
#include "runtime/session/generation.h"
#include "runtime/session/initial_state.h"
#include "runtime/session/state_file.h"
#include "runtime/synthetic/synthetic_model.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_device.h"

namespace rwkvk {
namespace {

using test::check_contains;
using test::refusal_of;
using ModelPointer = std::shared_ptr<const Model>;

const BackendOptions options{.max_rows = 32, .spare_slots = Generation::spare_slots};

Context on_cpu(const ModelPointer& model) {
    return {model, cpu::make_backend(model->programs(), model->weights(), options, {.threads = 1})};
}
Context on_device(const ModelPointer& model, const test::TestDevice& device) {
    return {model, gpu::make_backend(model->programs(), model->weights(), options, *device.kernels, {})};
}

/// Through text, as it always is.
Replayed replayed(const Receipt& receipt, Context& context, const ReplayOptions& how = {}) {
    return replay(parse_receipt(to_json(receipt), "r.json"), "r.json", context, how);
}

void check_equal(const Receipt& receipt, Context& context, const ReplayOptions& how = {}) {
    const Replayed found = replayed(receipt, context, how);
    CHECK(found.differs == Differs::nowhere);
    CHECK(found.explanation == "");
}

ChatOptions options_of(const char* format, text::Thinking thinking, ReceiptRecorder& recorder) {
    ChatOptions how{
        .format = text::chat_template(format), .system = "Be brief.", .thinking = thinking, .sampling = {}};
    how.sampling = {.temperature = 0.9f, .top_p = 0.9f};
    how.sampling.penalties = {.presence = 0.4f, .frequency = 0.3f};
    how.sampling.seed = 5;
    how.stops = {"ab"};
    how.max_tokens = 24;
    how.recorder = &recorder;
    return how;
}

bool ignore(bool, std::string_view) { return true; }

/// Ten turns with everything that can happen to a conversation.
Receipt converse(Context& context, const char* format, text::Thinking thinking, const std::string& folder) {
    const auto tokenizer = text::make_byte_tokenizer();
    ReceiptRecorder recorder(context, "test");
    ChatOptions how = options_of(format, thinking, recorder);
    how.max_tokens = 12;
    Chat chat(context, *tokenizer, how);
    for (const Token likely : {'a', 'b', '<', '/', '>'})
        chat.sampler().set_bias(static_cast<Token>(likely), 3);
    for (int turn = 1; turn <= 10; ++turn) {
        chat.say(concat("What is ", turn, "?"), ignore);
        if (turn == 2 || turn == 8) chat.regenerate(ignore);
        if (turn == 3) chat.undo();
        if (turn == 4) {
            text::SamplerParams other = chat.sampler().params();
            other.seed = turn;
            other.order = text::SamplerOrder::llama;
            chat.sampler().set_params(other);
            chat.sampler().ban('x');
        }
        if (turn == 5) {
            chat.fork();
            chat.say("In the copy", ignore);
            chat.save(folder + "/s.state");
            chat.select(0);
        }
        if (turn == 6) {
            CHECK_THROWS(
                chat.say("Lost", [](bool, std::string_view) -> bool { throw std::runtime_error(""); }));
            chat.say("Stopped", [](bool, std::string_view) { return false; });
        }
        if (turn == 7) chat.reset("Another system.");
        if (turn == 9) chat.load(folder + "/s.state");
    }
    chat.select(1);
    chat.say("In the copy again", ignore);
    const Receipt& receipt = recorder.receipt();
    CHECK(receipt.answers() == 15);
    CHECK(receipt.samplings.size() == 2);
    return receipt;
}

TEST_CASE("a chat of ten turns is confirmed, on whichever device it was held") {
    const struct {
        const char *spec, *format;
        text::Thinking thinking;
    } cases[] = {{"v7:2x64x256:f16", "world", text::Thinking::none},
                 {"v6:2x64x256:q8_0", "g1", text::Thinking::free},
                 {"v4:2x64x256:bf16", "bot", text::Thinking::fast}};
    const auto device = test::open_device("+sampling");
    for (const auto& [spec, format, thinking] : cases) {
        CAPTURE(spec);
        const ModelPointer model = synthetic_model(spec);
        const test::TemporaryFolder folder;
        Context cpu = on_cpu(model);
        const Receipt receipt = converse(cpu, format, thinking, folder / "");
        check_equal(receipt, cpu);
        check_equal(receipt, cpu, {.kept_bytes = 0});
        if (!device) continue;
        Context gpu = on_device(model, *device);
        check_equal(receipt, gpu);
        const Receipt of_device = converse(gpu, format, thinking, folder / "");
        CHECK(of_device == receipt);
        check_equal(of_device, cpu);
    }
}

/// What forging a receipt of two answers gives.
struct Forgery {
    ModelPointer model = synthetic_model("v7:2x64x256:f32");
    Context context = on_cpu(model);
    Receipt receipt;

    Forgery() {
        const auto tokenizer = text::make_byte_tokenizer();
        ReceiptRecorder recorder(context, "test");
        ChatOptions how = options_of("world", text::Thinking::none, recorder);
        how.stops = {};
        Chat chat(context, *tokenizer, how);
        chat.say("Hi", ignore);
        chat.say("More", ignore);
        receipt = recorder.receipt();
        REQUIRE(receipt.steps.size() == 2);
        REQUIRE(answer().ids.size() > 20);
        check_equal(receipt, context);
    }
    Receipt::Answer& answer() { return *receipt.steps[1].answer; }
    /// The first difference after `forge`, which is then taken back.
    Replayed by(const std::function<void()>& forge) {
        const Receipt before = receipt;
        forge();
        const Replayed found = replayed(receipt, context);
        receipt = before;
        CHECK(found.explanation.find('\n') == std::string::npos);
        return found;
    }
    /// It must be a token of the second answer.
    std::string token_by(const std::function<void()>& forge, size_t token = 0) {
        const Replayed found = by(forge);
        CHECK(found.differs == Differs::token);
        CHECK(found.answer == 2);
        CHECK(found.expected != found.found);
        if (token > 0) CHECK(found.token == token);
        check_contains(found.explanation, concat("answer 2, token ", found.token, ": the receipt has id ",
                                                 found.expected, ", this machine computes ", found.found)
                                              .c_str());
        return found.explanation;
    }
};

TEST_CASE("forged ids are found where they stand") {
    Forgery f;
    for (const size_t at : {0u, 16u}) {
        const Token right = f.answer().ids[at];
        const std::string said = f.token_by([&] { f.answer().ids[at] ^= 1; }, at + 1);
        check_contains(said, concat("computes ", right).c_str());
        check_contains(said, "nor are the ids those of its fingerprint");
    }
    check_contains(f.token_by([&] { f.receipt.steps[1].fed[3] ^= 1; }), "or in what was fed");
    CHECK(f.by([&] { f.receipt.steps[0].fed[3] ^= 1; }).answer == 1);
    // Left out or added ones give another state.
    for (const auto& [ended, count] : {std::pair(true, 5u), std::pair(false, 5u)}) {
        const Replayed found = f.by([&] {
            f.answer().ids.resize(count);
            f.answer().ended = ended;
        });
        CHECK(found.differs == Differs::fingerprint);
    }
    CHECK(f.by([&] { f.answer().ids.push_back(1); }).answer == 2);
    CHECK(f.by([&] { f.receipt.steps[1].from = 0; }).answer == 2);
}

TEST_CASE("a forged way of drawing is told from forged ids") {
    Forgery f;
    const auto says = [&](const std::function<void()>& forge) {
        check_contains(f.token_by(forge), "it is how they were drawn that differs: seed");
    };
    const auto forged_sampling = [&](const std::function<void(Receipt::Sampling&)>& forge) {
        says([&] {
            Receipt::Sampling other = f.receipt.samplings[0];
            forge(other);
            f.receipt.samplings.push_back(other);
            f.answer().sampling = 1;
        });
    };
    forged_sampling([](auto& s) { s.params.seed = 6; });
    forged_sampling([](auto& s) { s.params.temperature = 3; });
    forged_sampling([](auto& s) { s.params.top_k = 1; });
    forged_sampling([](auto& s) { s.params.penalties.repeat = 9; });
    forged_sampling([&](auto& s) { s.biases = {{f.answer().ids[0], -9.0f}}; });
    forged_sampling([&](auto& s) { s.banned = {f.answer().ids[4]}; });
    says([&] { ++f.answer().before.draws; });
    says([&] { f.answer().before.occurrences = {{f.answer().ids[0], 1000.0f}}; });
    CHECK(f.by([&] { f.receipt.samplings[0].params.seed = 6; }).answer == 1);
}

TEST_CASE("a forged model, numerics or fingerprint is named with both values") {
    Forgery f;
    Replayed found = f.by([&] { f.receipt.model.fingerprint = "0123456789abcdef"; });
    CHECK(found.differs == Differs::model);
    check_contains(found.explanation, "the receipt is of 0123456789abcdef (v7:2x64x256:f32), this one is ");
    check_contains(found.explanation, f.model->fingerprint().c_str());
    found = f.by([&] { ++f.receipt.numerics; });
    CHECK(found.differs == Differs::numerics);
    check_contains(
        found.explanation,
        concat("of version ", numerics_version + 1, ", this program has ", numerics_version).c_str());
    const std::string right = f.answer().fingerprint;
    found = f.by([&] { f.answer().fingerprint = "0123456789abcdef"; });
    CHECK(found.differs == Differs::fingerprint);
    CHECK(found.answer == 2);
    check_contains(found.explanation, concat("0123456789abcdef in the receipt, ", right, " here").c_str());
    // Another model of the same shape.
    Context other = on_cpu(synthetic_model("v7:2x64x256:f32", 9));
    CHECK(replayed(f.receipt, other).differs == Differs::model);
    // Where the machine itself computes something else, as with a receipt that claims to be of that model.
    f.receipt.model.fingerprint = other.model().fingerprint();
    CHECK(replayed(f.receipt, other).differs == Differs::token);
}

TEST_CASE("ids and sampling that the model cannot have are the file's fault") {
    Forgery f;
    const auto refused = [&](const std::function<void()>& forge) {
        return refusal_of([&] { f.by(forge); }, Code::bad_file);
    };
    const Receipt whole = f.receipt;
    check_contains(refused([&] { f.answer().ids[3] = 256; }), "r.json: step 2 has id 256");
    f.receipt = whole;
    check_contains(refused([&] { f.receipt.steps[0].fed[3] = 70000; }),
                   "r.json: step 1 has id 70000; the model's");
    f.receipt = whole;
    check_contains(refused([&] {
                       f.receipt.samplings[0].biases = {{300, 1.0f}};
                   }),
                   "r.json: answer 1: sampling: bias");
    f.receipt = whole;
    for (Token id = 0; id < 256; ++id) f.receipt.samplings[0].banned.push_back(id);
    check_contains(refused([] {}), "r.json: answer 1: ");
}

TEST_CASE("a state that it begins with is found by its file and told by its fingerprint") {
    const test::TemporaryFolder folder;
    const ModelPointer model = synthetic_model("v7:2x64x256:f32");
    Context context = on_cpu(model);
    const auto state_of = [&](Token token, const std::string& path) {
        Context fresh = on_cpu(model);
        fresh.feed(0, {&token, 1});
        write_state_file(path, *model, fresh.state(0), 1);
    };
    const std::string path = folder / "start.state";
    state_of(7, path);
    context.set_initial(read_initial_state(path, *model), path);
    const auto tokenizer = text::make_byte_tokenizer();
    ReceiptRecorder recorder(context, "test");
    Chat chat(context, *tokenizer, options_of("world", text::Thinking::none, recorder));
    chat.say("Hi", ignore);
    chat.reset();
    chat.say("Hi", ignore);
    const Receipt receipt = recorder.receipt();
    CHECK(std::ranges::count_if(receipt.steps, [](const auto& step) { return step.state.has_value(); }) == 1);
    check_equal(receipt, context);  // which has an initial state of its own
    std::filesystem::create_directory(folder / "elsewhere");
    std::filesystem::rename(path, folder / "elsewhere/start.state");
    const std::string moved = folder / "elsewhere/r.json";
    CHECK(replay(receipt, moved, context).differs == Differs::nowhere);
    check_contains(refusal_of([&] { replay(receipt, folder / "r.json", context); }, Code::io),
                   "put the file beside the receipt");
    state_of(8, folder / "elsewhere/start.state");
    const Replayed found = replay(receipt, moved, context);
    CHECK(found.differs == Differs::state_file);
    check_contains(found.explanation, ("the receipt is of " + receipt.steps[0].state->fingerprint).c_str());
}

TEST_CASE("progress rises to 1, and can end it") {
    Forgery f;
    std::vector<double> told;
    const auto tell = [&](double fraction) {
        told.push_back(fraction);
        return told.size() != 30;
    };
    refusal_of([&] { replayed(f.receipt, f.context, {.progress = tell}); }, Code::cancelled);
    CHECK(told.size() == 30);
    check_equal(f.receipt, f.context, {.progress = tell});
    CHECK(std::ranges::is_sorted(told.begin() + 30, told.end()));
    CHECK(told.back() == 1.0);
}

TEST_CASE("what a recorder refuses") {
    const ModelPointer model = synthetic_model("v7:1x64x256:f32");
    Context context = on_cpu(model);
    ReceiptRecorder recorder(context, "test");
    const text::Sampler sampler({});
    const std::vector<Token> ids = {1, 2}, foreign = {256};
    const auto begin = [&](Receipt::Point from, const std::vector<Token>& fed) {
        return [&recorder, &sampler, from, fed] { recorder.begin_answer(from, fed, sampler); };
    };
    check_contains(refusal_of(begin(1, ids), Code::bad_argument), "no point 1");
    check_contains(refusal_of(begin(0, {}), Code::bad_argument), "after ids that were fed");
    check_contains(refusal_of(begin(0, foreign), Code::bad_token), "below 256, found 256");
    check_contains(refusal_of([&] { recorder.end_answer({}, false, {}); }, Code::bad_argument),
                   "no answer that has begun");
    CHECK(recorder.begin_answer(0, ids, sampler) == 1);
    recorder.end_answer({}, false, context.state(0));
    while (recorder.receipt().steps.size() < max_receipt_steps) recorder.fed(1, ids);
    check_contains(refusal_of(begin(1, ids), Code::unsupported), "the receipt is full");
    CHECK(parse_receipt(to_json(recorder.receipt()), "r.json") == recorder.receipt());
}

}  // namespace
}  // namespace rwkvk
