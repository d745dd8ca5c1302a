#include "job.h"

#include "api_error.h"
#include "grammar_fields.h"

namespace rwkvk::server {

using nlohmann::json;

namespace {

constexpr int64_t most_choices = 8;
constexpr size_t most_stops = 16, most_stop_bytes = 256;

bool wants_usage(const Fields& fields) {
    const json* const options = fields.find("stream_options");
    return options && Fields(*options, "stream_options.").boolean("include_usage").value_or(false);
}

/// Whether a value asks for something: not false, 0, "", [] or {}.
bool asks(const json& value) {
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_number()) return value.get<double>() != 0;
    return !value.empty() && value != json("") && value != json("none") && value != json({{"type", "text"}});
}

}  // namespace

std::vector<std::string> read_stops(const Fields& fields, const char* name) {
    std::vector<std::string> stops = fields.texts(name, most_stops);
    std::erase(stops, "");
    for (const std::string& stop : stops) {
        if (stop.size() > most_stop_bytes)
            fields.refuse(name, "texts of at most " + std::to_string(most_stop_bytes) + " bytes");
    }
    return stops;
}

Job read_job(const Fields& fields, const rwkvk_sampler_params& recommended, const Loaded& loaded,
             const JobDefaults& defaults) {
    Job job;
    job.choices = static_cast<uint32_t>(fields.integer("n", 1, most_choices).value_or(1));
    job.sampling = read_sampling(fields, defaults.sampling(recommended), defaults.seed, loaded.tokenizer);
    job.sampling.grammar = read_grammar(fields, loaded.tokenizer);
    job.stops = read_stops(fields, "stop");
    job.stream = fields.boolean("stream").value_or(false);
    job.include_usage = wants_usage(fields);
    job.times_pieces = fields.boolean("timings_per_token").value_or(false);
    job.reports_progress = fields.boolean("return_progress").value_or(false);
    return job;
}

void refuse_unknown_wishes(const Fields& fields, std::initializer_list<const char*> names) {
    for (const char* const name : names) {
        const json* const value = fields.find(name);
        if (value && asks(*value)) throw not_supported(name);
    }
}

}  // namespace rwkvk::server
