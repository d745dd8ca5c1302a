#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "command.h"
#include "interrupts.h"
#include "json_text.h"
#include "progress_bar.h"
#include "text_input.h"
#include "text_scores.h"

namespace rwkvk::app {
namespace {

constexpr size_t piece_tokens = 64;  // whose logits are held at once, of the base model

struct Flags {
    CommonFlags common;
    std::string file, base;
    uint32_t chunk = 0, skip = 0;
    bool json = false;
};

/// A model that is told the text piece by piece and gives the logits of every token.
class Reader {
  public:
    Reader(const Model& model, const CommonFlags& flags)
        : vocabulary_(model.info().vocabulary), context_(open_context(model, flags, {})) {}

    uint32_t vocabulary() const { return vocabulary_; }
    void begin() { context_.reset(0); }
    /// [tokens][vocabulary]
    const std::vector<float>& read(std::span<const Token> tokens) {
        logits_.resize(tokens.size() * vocabulary_);
        const rwkvk_feed_item item{.slot = 0,
                                   .want = RWKVK_WANT_ALL,
                                   .tokens = tokens.data(),
                                   .count = tokens.size(),
                                   .vectors = nullptr};
        context_.feed({item}, [this](size_t, size_t position, const float* logits, size_t count) {
            std::copy_n(logits, count, logits_.begin() + static_cast<ptrdiff_t>(position * count));
        });
        return logits_;
    }

  private:
    uint32_t vocabulary_;
    Context context_;
    std::vector<float> logits_;
};

struct Scores {
    TextScore model, base;
    Divergence divergence;
};

/// Every token is foretold from those before it.
class Scorer {
  public:
    /// `total`: tokens that will be scored.
    Scorer(Reader& model, Reader* base, size_t total)
        : model_(model), base_(base), total_(total), bar_("scoring", total, Counted::tokens) {}

    /// Scores all of `chunk` but the first `unscored` >= 1 tokens, which are only read.
    void add(std::span<const Token> chunk, size_t unscored) {
        model_.begin();
        if (base_) base_->begin();
        for (size_t at = 1; at < chunk.size();) {
            Interrupts::check();
            const size_t count = std::min(piece_tokens, chunk.size() - at);
            const size_t skipped = std::min(count, unscored - std::min(unscored, at));
            add(chunk.subspan(at - 1, count), chunk.subspan(at, count), skipped);
            at += count;
            bar_.show(static_cast<double>(scores_.model.tokens()) / static_cast<double>(total_));
        }
    }

    const Scores& scores() const { return scores_; }

  private:
    void add(std::span<const Token> fed, std::span<const Token> next, size_t skipped) {
        const std::vector<float>& logits = model_.read(fed);
        const std::vector<float>* base = base_ ? &base_->read(fed) : nullptr;
        const size_t width = model_.vocabulary();
        for (size_t i = skipped; i < next.size(); ++i) {
            const Prediction prediction({logits.data() + i * width, width});
            scores_.model.add(prediction, next[i]);
            if (!base) continue;
            const Prediction base_prediction({base->data() + i * width, width});
            scores_.base.add(base_prediction, next[i]);
            scores_.divergence.add(base_prediction, prediction);
        }
    }

    Reader& model_;
    Reader* base_;
    size_t total_;
    ProgressBar bar_;
    Scores scores_;
};

nlohmann::ordered_json report(const Scores& scores, size_t bytes, bool base) {
    nlohmann::ordered_json out = {{"tokens", scores.model.tokens()},
                                  {"bytes", bytes},
                                  {"perplexity", scores.model.perplexity()},
                                  {"perplexity_error", scores.model.error()},
                                  {"bits_per_byte", scores.model.bits_per_byte(bytes)}};
    if (!base) return out;
    out["base_perplexity"] = scores.base.perplexity();
    out["base_bits_per_byte"] = scores.base.bits_per_byte(bytes);
    out["kl_mean"] = scores.divergence.mean();
    out["kl_median"] = scores.divergence.quantile(0.5);
    out["kl_99"] = scores.divergence.quantile(0.99);
    out["kl_max"] = scores.divergence.quantile(1);
    out["same_top"] = scores.divergence.same_top();
    return out;
}

void print(const nlohmann::ordered_json& report, bool json) {
    if (json) {
        std::cout << to_text(report) << '\n';
        return;
    }
    for (const auto& [name, value] : report.items()) {
        std::cout << name << ": ";
        if (value.is_number_float()) {
            std::cout << value.get<double>() << '\n';
        } else {
            std::cout << value << '\n';
        }
    }
}

/// A text cut into chunks that are read each for itself.
struct Text {
    std::vector<std::vector<Token>> chunks;
    size_t unscored;  // of each chunk's first tokens
    size_t scored = 0, scored_bytes = 0;
};

/// Each chunk stands behind what stands for the beginning of a text, where the vocabulary has that.
Text cut(const Tokenizer& tokenizer, const std::string& text, const Flags& flags) {
    const std::vector<Token> tokens = tokenizer.encode(text);
    const int64_t beginning = tokenizer.end_of_text();
    const size_t step = flags.chunk == 0 ? std::max<size_t>(tokens.size(), 1) : flags.chunk;
    Text result{.chunks = {}, .unscored = size_t{1} + flags.skip};
    for (size_t at = 0; at < tokens.size(); at += step) {
        std::vector<Token>& chunk = result.chunks.emplace_back();
        if (beginning >= 0) chunk.push_back(static_cast<Token>(beginning));
        const auto begin = tokens.begin() + static_cast<ptrdiff_t>(at);
        chunk.insert(chunk.end(), begin, begin + static_cast<ptrdiff_t>(std::min(step, tokens.size() - at)));
        for (size_t i = result.unscored; i < chunk.size(); ++i) {
            ++result.scored;
            result.scored_bytes += tokenizer.text(chunk[i]).size();
        }
    }
    return result;
}

Scores score(Reader& model, Reader* base, const Text& text) {
    Scorer scorer(model, base, text.scored);
    const Interrupts interrupts;
    for (const std::vector<Token>& chunk : text.chunks) scorer.add(chunk, text.unscored);
    return scorer.scores();
}

std::optional<Reader> open_base(const Runtime& runtime, const Flags& flags, uint32_t vocabulary) {
    if (flags.base.empty()) return std::nullopt;
    const Model model = runtime.load(flags.base);
    if (model.info().vocabulary != vocabulary) {
        throw Error(RWKVK_BAD_SHAPE,
                    concat(flags.base, ": a vocabulary of ", model.info().vocabulary,
                           " cannot be compared with one of ", vocabulary, ": use two forms of one model"));
    }
    return std::optional<Reader>(std::in_place, model, flags.common);
}

void run(const Flags& flags) {
    const Runtime runtime = open_runtime(flags.common);
    const Model model = open_model(runtime, flags.common);
    const Tokenizer tokenizer = open_tokenizer(model, flags.common);
    const Text text = cut(tokenizer, read_text(flags.file), flags);
    if (text.scored == 0)
        throw Error(RWKVK_BAD_TEXT, concat(flags.file, ": too short to foretell anything of it"));
    std::optional<Reader> base = open_base(runtime, flags, model.info().vocabulary);
    Reader reader(model, flags.common);
    const Scores scores = score(reader, base ? &*base : nullptr, text);
    print(report(scores, text.scored_bytes, base.has_value()), flags.json);
    check_validation(runtime);
}

}  // namespace

void add_perplexity(CLI::App& app) {
    CLI::App* command = app.add_subcommand("perplexity", "How well a model foretells a text");
    auto flags = std::make_shared<Flags>();
    add_common(*command, flags->common);
    add_gpu_layers(*command, flags->common);
    command->add_option("-f,--file", flags->file, "The text, - for stdin")->required();
    command->add_option("-c,--chunk,--ctx-size", flags->chunk, "Begin anew after so many tokens; 0: never");
    command->add_option("--skip", flags->skip,
                        "Do not score the first N tokens of a chunk, foretold from little or nothing");
    command->add_option("--kl-base", flags->base, "Another form of the model, to compare with");
    command->add_flag("--json", flags->json, "As JSON");
    command->callback([flags] { run(*flags); });
}

}  // namespace rwkvk::app
