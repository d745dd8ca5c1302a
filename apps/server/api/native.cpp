#include "native.h"

#include <algorithm>

#include "prompt_field.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

class NativeDialect final : public Dialect {
  public:
    NativeDialect(const Loaded& loaded, const Job& job, bool wants_tokens)
        : tokenizer_(loaded.tokenizer),
          model_(loaded.names.front()),
          settings_(settings_of(job)),
          scored_(job.alternatives.has_value()),
          wants_tokens_(wants_tokens),
          times_pieces_(job.times_pieces) {
        for (const JobPrompt& prompt : job.prompts) {
            std::string& text = prompts_.emplace_back();
            for (const Token token : prompt.tokens) text += tokenizer_.text(token);
        }
    }

    /// One answer, or a list for a list of prompts.
    json whole(const std::vector<Choice>& choices) override {
        json list = json::array();
        for (size_t i = 0; i < choices.size(); ++i) {
            json& answer = list.emplace_back(closing(i, choices[i]));
            answer["content"] = choices[i].text;
            if (wants_tokens_) answer["tokens"] = choices[i].tokens;
            if (scored_) answer["completion_probabilities"] = scores_json(tokenizer_, choices[i].scores);
        }
        return list.size() == 1 ? list.front() : list;
    }
    json opening(size_t, const Choice&) override { return nullptr; }
    json progress(size_t choice, const Choice& so_far, size_t read) override {
        json report = piece(choice, so_far, {});
        report["prompt_progress"] = progress_of(so_far, read);
        return report;
    }
    json piece(size_t choice, const Choice& so_far, const Said& said) override {
        json piece = {{"index", choice},
                      {"content", said.text},
                      {"tokens", said.tokens},
                      {"stop", false},
                      {"id_slot", -1},
                      {"tokens_predicted", so_far.answer_tokens},
                      {"tokens_evaluated", so_far.prompt_tokens}};
        if (scored_) piece["completion_probabilities"] = scores_json(tokenizer_, said.scores);
        if (times_pieces_) piece["timings"] = timings_of(so_far);
        return piece;
    }
    json closing(size_t choice, const Choice& all) override {
        json answer = piece(choice, all, {});
        answer["stop"] = true;
        answer["model"] = model_;
        answer["prompt"] = prompts_[choice];
        answer["generation_settings"] = settings_;
        answer["generation_settings"]["seed"] = all.seed;
        answer["has_new_line"] = all.text.find('\n') != std::string::npos;
        answer["truncated"] = false;
        answer["stop_type"] = all.finish == "length" ? "limit" : all.stopped_by.empty() ? "eos" : "word";
        answer["stopping_word"] = all.stopped_by;
        answer["tokens_cached"] = all.cached_tokens;
        answer["timings"] = timings_of(all);
        return answer;
    }
    json end(const std::vector<Choice>&) override { return nullptr; }
    std::string last_words() const override { return ""; }

  private:
    static json settings_of(const Job& job) {
        json settings = to_json(job.sampling.params);
        settings["n_predict"] = job.max_tokens;
        settings["max_tokens"] = job.max_tokens;
        settings["stop"] = job.stops;
        settings["stream"] = job.stream;
        settings["n_probs"] = job.alternatives.value_or(0);
        settings["logit_bias"] = json::array();
        for (const auto& [token, bias] : job.sampling.biases)
            settings["logit_bias"].push_back({{"token", token}, {"bias", bias}});  // -inf becomes null
        return settings;
    }

    const Tokenizer& tokenizer_;
    const std::string model_;
    const json settings_;
    const bool scored_, wants_tokens_, times_pieces_;
    std::vector<std::string> prompts_;
};

}  // namespace

Job read_native_job(const json& body, const Loaded& loaded, const JobDefaults& defaults) {
    const Fields fields(body);
    refuse_unknown_wishes(
        fields, {"post_sampling_probs", "image_data", "input_prefix", "input_suffix", "response_fields"});
    Job job = read_job(fields, loaded.model.sampling(), loaded, defaults);
    job.choices = 1;
    job.prompts = read_prompts(fields, loaded);
    const int64_t most = defaults.max_tokens;
    const int64_t limit = fields.integer("n_predict", -1, UINT32_MAX).value_or(most);
    job.max_tokens = static_cast<uint32_t>(limit < 0 ? most : std::min(limit, most));
    if (const int64_t count = fields.integer("n_probs", 0, most_alternatives).value_or(0); count > 0)
        job.alternatives = static_cast<uint32_t>(count);
    return job;
}

std::unique_ptr<Dialect> native_dialect(const json& body, const Loaded& loaded, const Job& job) {
    return std::make_unique<NativeDialect>(loaded, job,
                                           Fields(body).boolean("return_tokens").value_or(false));
}

}  // namespace rwkvk::server
