#include "runtime/session/receipt.h"

#include <algorithm>
#include <filesystem>
#include <span>

#include "host/mapped_file.h"
#include "host/paths.h"
#include "host/replaced_file.h"
#include "runtime/load/bytes.h"
#include "runtime/model/fingerprint.h"

namespace rwkvk {

size_t Receipt::answers() const {
    return static_cast<size_t>(
        std::ranges::count_if(steps, [](const Step& step) { return step.answer.has_value(); }));
}

Receipt::Sampling sampling_of(const text::Sampler& sampler) {
    if (sampler.is_constrained()) {
        throw Error(
            Code::unsupported,
            "receipts hold no grammars: an answer with one cannot be drawn again; leave out the grammar "
            "or the receipt");
    }
    return {.params = sampler.params(),
            .biases = {sampler.biases().begin(), sampler.biases().end()},
            .banned = {sampler.bans().begin(), sampler.bans().end()}};
}

text::Sampler to_sampler(const Receipt::Sampling& sampling) {
    text::Sampler sampler(sampling.params);
    for (const auto& [id, value] : sampling.biases) sampler.set_bias(id, value);
    for (const text::Token id : sampling.banned) sampler.ban(id);
    return sampler;
}

std::string fingerprint_of(const std::vector<text::Token>& ids, const std::vector<float>& state) {
    Fingerprint print;
    print.add(std::as_bytes(std::span(ids)));
    print.add(state);
    return print.hex();
}

Receipt read_receipt(const std::string& path) {
    const MappedFile file(path);
    return parse_receipt(load::as_text(file.bytes()), path);
}

void write_receipt(const std::string& path, const Receipt& receipt) {
    const std::string json = to_json(receipt);
    ReplacedFile file(path);
    file.write(std::as_bytes(std::span(json)));
    file.finish();
}

std::string find_named(const std::string& hint, const std::string& receipt_path) {
    const std::filesystem::path named = to_path(hint), folder = to_path(receipt_path).parent_path();
    if (hint.empty()) return "";
    for (const auto& path : {named, folder / named, folder / named.filename()}) {
        std::error_code ignored;
        if (std::filesystem::exists(path, ignored)) return path.string();
    }
    return "";
}

}  // namespace rwkvk
