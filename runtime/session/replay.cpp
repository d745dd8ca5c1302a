#include "runtime/session/replay.h"

#include <algorithm>
#include <map>
#include <utility>

#include "runtime/model/fingerprint.h"
#include "runtime/session/initial_state.h"
#include "runtime/session/receipt_recorder.h"

namespace rwkvk {
namespace {

using Point = Receipt::Point;

Replayed difference(Differs differs, std::string explanation) {
    Replayed replayed;
    replayed.differs = differs;
    replayed.explanation = std::move(explanation);
    return replayed;
}

std::string adapters_differ(const std::vector<Receipt::Adapter>& expected,
                            const std::vector<Receipt::Adapter>& found) {
    if (expected.size() != found.size())
        return concat("; adapters: ", expected.size(), " in the receipt, ", found.size(), " in this one");
    for (size_t i = 0; i < expected.size(); ++i) {
        const Receipt::Adapter &theirs = expected[i], &mine = found[i];
        if (theirs.file.fingerprint == mine.file.fingerprint && theirs.scale == mine.scale) continue;
        return concat("; adapter ", i + 1, ": the receipt has ", theirs.file.fingerprint, " by ",
                      theirs.scale, ", this model ", mine.file.fingerprint, " by ", mine.scale);
    }
    return "";
}

class Replayer {
  public:
    Replayer(const Receipt& receipt, const std::string& where, Context& context, const ReplayOptions& options)
        : receipt_(receipt), where_(where), context_(context), options_(options) {
        for (auto point = static_cast<Point>(receipt.steps.size()); point > 0; --point) {
            const Receipt::Step& made = step(point);
            if (made.answer) total_ += made.answer->ids.size();
            const Point use = std::max(last_use_[point], made.answer ? point : 0);
            last_use_[made.from] = std::max(last_use_[made.from], use);
        }
    }

    Replayed run() {
        if (const auto found = check_origin()) return *found;
        check_ids();
        context_.set_initial({});
        for (Point point = 1; point <= receipt_.steps.size(); ++point) {
            std::erase_if(kept_, [&](const auto& kept) { return last_use_[kept.first] < point; });
            if (!step(point).answer) continue;
            ++answer_;
            if (const auto found = go_to(point)) return *found;
            if (const auto found = answer(*step(point).answer)) return *found;
        }
        return {};
    }

  private:
    struct Kept {
        std::vector<float> state, logits;
    };

    const Receipt::Step& step(Point point) const { return receipt_.steps[point - 1]; }

    std::optional<Replayed> check_origin() const {
        if (receipt_.numerics != numerics_version) {
            return difference(Differs::numerics,
                              concat("numerics: the receipt is of version ", receipt_.numerics,
                                     ", this program has ", numerics_version, ": use one that has the same"));
        }
        const Receipt mine = ReceiptRecorder(context_, "").receipt();
        if (receipt_.model.fingerprint == mine.model.fingerprint) return {};
        return difference(Differs::model,
                          concat("model: the receipt is of ", receipt_.model.fingerprint, " (", receipt_.name,
                                 "), this one is ", mine.model.fingerprint, " (", mine.name, ")",
                                 adapters_differ(receipt_.adapters, mine.adapters)));
    }

    void check_ids() const {
        const uint32_t vocabulary = context_.model().programs().vocabulary;
        const auto check = [&](Point point, const std::vector<Token>& ids) {
            const auto wrong = std::ranges::find_if(ids, [&](Token id) { return id >= vocabulary; });
            if (wrong == ids.end()) return;
            throw Error(Code::bad_file, concat(where_, ": step ", point, " has id ", *wrong,
                                               "; the model's vocabulary has ids 0 to ", vocabulary - 1));
        };
        for (Point point = 1; point <= receipt_.steps.size(); ++point) {
            check(point, step(point).fed);
            if (step(point).answer) check(point, step(point).answer->ids);
        }
    }

    /// To the state behind what the step feeds, from the nearest one that is kept.
    std::optional<Replayed> go_to(const Point wanted) {
        std::vector<Point> to_do;
        Point from = wanted;
        for (; from > 0 && !kept_.contains(from); from = step(from).from) to_do.push_back(from);
        context_.reset(0);
        if (from > 0) {
            context_.set_state(0, kept_[from].state);
            logits_ = kept_[from].logits;
        }
        for (; !to_do.empty(); to_do.pop_back()) {
            const Receipt::Step& next = step(to_do.back());
            if (next.state) {
                if (const auto found = load(*next.state)) return found;
            }
            if (!next.fed.empty()) logits_ = context_.feed(0, next.fed);
            if (last_use_[to_do.back()] > wanted) keep(to_do.back());
        }
        return {};
    }

    void keep(Point point) {
        Kept kept{context_.state(0), logits_};
        const uint64_t bytes = (kept.state.size() + kept.logits.size()) * sizeof(float);
        if (!kept_.empty() && (kept_.size() + 1) * bytes > options_.kept_bytes) kept_.erase(kept_.begin());
        kept_[point] = std::move(kept);
    }

    std::optional<Replayed> load(const Receipt::File& file) {
        const std::string path = find_named(file.path, where_);
        if (path.empty()) {
            throw Error(Code::io, concat(where_, ": its state ", quote(file.path), " is not there, ",
                                         file.fingerprint, ": put the file beside the receipt"));
        }
        const std::vector<float> values = read_initial_state(path, context_.model());
        const std::string found = fingerprint_of({}, values);
        if (found != file.fingerprint) {
            return difference(Differs::state_file, concat("state ", quote(path), ": the receipt is of ",
                                                          file.fingerprint, ", this one is ", found));
        }
        context_.set_state(0, values);
        return {};
    }

    std::optional<Replayed> answer(const Receipt::Answer& answer) {
        text::Sampler sampler = to_sampler(receipt_.samplings[answer.sampling]);
        sampler.restore(answer.before);
        const std::span<const Token> ids = answer.ids, fed = ids.first(ids.size() - answer.ended);
        for (size_t i = 0; i < ids.size(); ++i) {
            const Token found = draw(sampler);
            if (found != ids[i]) return token_differs(answer, i, found, fed.subspan(std::min(i, fed.size())));
            sampler.accept(found);
            if (i < fed.size()) logits_ = context_.feed(0, ids.subspan(i, 1));
            tell_progress();
        }
        const std::string found = fingerprint_of(answer.ids, context_.state(0));
        if (found == answer.fingerprint) return {};
        return here(difference(Differs::fingerprint,
                               concat("answer ", answer_,
                                      ": all ids are equal, but the fingerprint of ids "
                                      "and state is ",
                                      answer.fingerprint, " in the receipt, ", found, " here")));
    }

    /// What is wrong with the sampling is the file's fault.
    Token draw(text::Sampler& sampler) const {
        try {
            return sampler.sample(logits_);
        } catch (const Error& error) {
            if (error.code() == Code::not_finite) throw;
            throw Error(Code::bad_file, concat(where_, ": answer ", answer_, ": ", error.what()));
        }
    }

    /// Tells a forged way of drawing from forged ids: the receipt's ids, fed as they are, give its
    /// fingerprint or do not. `rest`: what is still to be fed of them.
    Replayed token_differs(const Receipt::Answer& answer, size_t token, Token found,
                           std::span<const Token> rest) {
        if (!rest.empty()) context_.feed(0, rest);
        const bool consistent = fingerprint_of(answer.ids, context_.state(0)) == answer.fingerprint;
        const Token expected = answer.ids[token];
        Replayed replayed = here(difference(
            Differs::token,
            concat("answer ", answer_, ", token ", token + 1, ": the receipt has id ", expected,
                   ", this machine computes ", found,
                   consistent ? "; the ids are those of its fingerprint, so it is how they were drawn that "
                                "differs: seed, draws or another part of the sampling"
                              : "; nor are the ids those of its fingerprint: some were changed, here or in "
                                "what was fed")));
        replayed.token = token + 1;
        replayed.expected = expected;
        replayed.found = found;
        return replayed;
    }

    Replayed here(Replayed replayed) const {
        replayed.answer = answer_;
        return replayed;
    }

    void tell_progress() {
        ++done_;
        const double fraction = static_cast<double>(done_) / static_cast<double>(total_);
        if (options_.progress && !options_.progress(fraction)) throw Error(Code::cancelled, "interrupted");
    }

    const Receipt& receipt_;
    const std::string& where_;
    Context& context_;
    const ReplayOptions& options_;
    std::map<Point, Point> last_use_;  // of each point, the last answer that goes on from it
    std::map<Point, Kept> kept_;
    std::vector<float> logits_;  // of the token that was fed last
    size_t answer_ = 0;          // that is being computed, from 1
    size_t done_ = 0, total_ = 0;
};

}  // namespace

Replayed replay(const Receipt& receipt, const std::string& where, Context& context,
                const ReplayOptions& options) {
    context.take_interrupt();
    return Replayer(receipt, where, context, options).run();
}

}  // namespace rwkvk
