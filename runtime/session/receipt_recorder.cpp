#include "runtime/session/receipt_recorder.h"

#include <algorithm>
#include <utility>

#include "host/hash.h"
#include "host/mapped_file.h"
#include "runtime/load/model_folder.h"
#include "runtime/model/fingerprint.h"

namespace rwkvk {
namespace {

Receipt::Adapter adapter_of(const AdapterChoice& choice) {
    const MappedFile file(load::adapter_file(choice.path));
    return {{choice.path, hex_of(hash_of(file.bytes()))}, choice.scale};
}

}  // namespace

ReceiptRecorder::ReceiptRecorder(Context& context, std::string program) : context_(context) {
    const Model& model = context.model();
    receipt_.program = std::move(program);
    receipt_.numerics = numerics_version;
    receipt_.name = model.name();
    receipt_.model = {model.path(), model.fingerprint()};
    receipt_.weights = model.stored_as();
    for (const AdapterChoice& choice : model.adapters()) receipt_.adapters.push_back(adapter_of(choice));
}

void ReceiptRecorder::check_ids(std::span<const Token> ids) const {
    const uint32_t vocabulary = context_.model().programs().vocabulary;
    const auto wrong = std::ranges::find_if(ids, [&](Token id) { return id >= vocabulary; });
    if (wrong == ids.end()) return;
    throw Error(Code::bad_token, concat("the receipt takes ids below ", vocabulary, ", found ", *wrong));
}

Receipt::Point ReceiptRecorder::add(Receipt::Step step) {
    if (receipt_.steps.size() == max_receipt_steps) {
        throw Error(Code::unsupported,
                    concat("the receipt is full, it has ", max_receipt_steps, " steps: begin another one"));
    }
    receipt_.steps.push_back(std::move(step));
    return static_cast<Point>(receipt_.steps.size());
}

Receipt::Point ReceiptRecorder::beginning() {
    if (context_.initial() == context_.model().initial_state()) return 0;
    return loaded(context_.initial_from(), context_.initial());
}

Receipt::Point ReceiptRecorder::loaded(const std::string& path, const std::vector<float>& values) {
    const Receipt::File state{path, fingerprint_of({}, values)};
    const auto& steps = receipt_.steps;
    const auto known = std::ranges::find(steps, std::optional(state), &Receipt::Step::state);
    if (known != steps.end()) return static_cast<Point>(known - steps.begin()) + 1;
    return add({.state = state, .from = 0, .fed = {}, .answer = {}});
}

Receipt::Point ReceiptRecorder::fed(Point from, std::span<const Token> ids) {
    check_ids(ids);
    return add({.state = {}, .from = from, .fed = {ids.begin(), ids.end()}, .answer = {}});
}

bool ReceiptRecorder::has_logits(Point point) const {
    while (point > 0 && receipt_.steps[point - 1].fed.empty()) point = receipt_.steps[point - 1].from;
    return point > 0;
}

uint32_t ReceiptRecorder::sampling_number(const text::Sampler& sampler) {
    auto& all = receipt_.samplings;
    const Receipt::Sampling sampling = sampling_of(sampler);
    const auto known = std::ranges::find(all, sampling);
    const auto number = static_cast<uint32_t>(known - all.begin());
    if (known == all.end()) all.push_back(sampling);
    return number;
}

Receipt::Point ReceiptRecorder::begin_answer(Point from, std::span<const Token> ids,
                                             const text::Sampler& sampler) {
    const auto last = static_cast<Point>(receipt_.steps.size());
    if (from > last) {
        throw Error(Code::bad_argument, concat("the receipt has no point ", from, ", the last is ", last));
    }
    if (ids.empty() && !has_logits(from))
        throw Error(Code::bad_argument, "an answer is drawn after ids that were fed; the receipt has none");
    const bool at_last = from > 0 && from == last && ids.empty() && !receipt_.steps.back().answer;
    answered_ = at_last ? last : fed(from, ids);
    answer_ = {.sampling = sampling_number(sampler),
               .before = sampler.state(),
               .ids = {},
               .ended = false,
               .fingerprint = ""};
    return answered_;
}

void ReceiptRecorder::end_answer(std::vector<Token> ids, bool ended, const std::vector<float>& state) {
    const Point point = std::exchange(answered_, 0);
    if (point == 0) throw Error(Code::bad_argument, "the receipt has no answer that has begun");
    if (ended && ids.empty()) throw Error(Code::bad_argument, "no id ended the answer: there are none");
    check_ids(ids);
    answer_.fingerprint = fingerprint_of(ids, state);
    answer_.ids = std::move(ids);
    answer_.ended = ended;
    receipt_.steps[point - 1].answer = std::move(answer_);
}

}  // namespace rwkvk
