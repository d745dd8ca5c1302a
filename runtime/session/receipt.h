#pragma once
// What was computed, so that anyone can compute it again and compare. docs/FORMATS.md, "Receipts".

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/text/sampler.h"

namespace rwkvk {

/// Paths are hints; fingerprints, 16 hex digits, say what it must be.
struct Receipt {
    /// A state: 0, as the model begins; n, behind what step n feeds. Steps are counted from 1.
    using Point = uint32_t;

    struct File {
        std::string path, fingerprint;
        bool operator==(const File&) const = default;
    };
    struct Adapter {
        File file;
        float scale = 1;
        bool operator==(const Adapter&) const = default;
    };
    /// How tokens are drawn. Biases and bans in rising order of id.
    struct Sampling {
        text::SamplerParams params;
        std::vector<std::pair<text::Token, float>> biases;
        std::vector<text::Token> banned;
        bool operator==(const Sampling&) const = default;
    };
    /// Drawn one after the other from behind a step, each fed before the next; the last too unless it
    /// `ended` the answer.
    struct Answer {
        uint32_t sampling = 0;      // which of the receipt's
        text::SamplerState before;  // of the sampler
        std::vector<text::Token> ids;
        bool ended = false;
        std::string fingerprint;  // of the ids, as 32 bits each, and then the state
        bool operator==(const Answer&) const = default;
    };
    /// Makes a point: of the state that is in a file, or by feeding ids to an earlier one.
    struct Step {
        std::optional<File> state;
        Point from = 0;
        std::vector<text::Token> fed;
        std::optional<Answer> answer;
        bool operator==(const Step&) const = default;
    };

    std::string program;  // that made it; says nothing about bits
    uint32_t numerics = 0;
    std::string name;     // the model's
    File model;           // with the adapters in it; no path: it came from no file
    std::string weights;  // in which type its matrices were stored when it was loaded; empty: the file's
    std::vector<Adapter> adapters;
    std::vector<Sampling> samplings;
    std::vector<Step> steps;

    size_t answers() const;
    bool operator==(const Receipt&) const = default;
};

/// Steps and samplings that a receipt holds at most; with the length of its text they bound what reading one
/// takes.
inline constexpr size_t max_receipt_steps = 1 << 15;

/// Errors: Code::unsupported for a sampler with a constraint.
Receipt::Sampling sampling_of(const text::Sampler& sampler);
/// Errors: as Sampler's constructor and set_bias.
text::Sampler to_sampler(const Receipt::Sampling& sampling);

/// XXH3-64 of the ids and then of the state.
std::string fingerprint_of(const std::vector<text::Token>& ids, const std::vector<float>& state);

std::string to_json(const Receipt& receipt);

/// The other way round; `where` starts every error. Errors: Code::bad_file for what is no receipt, or one
/// that contradicts itself; Code::unsupported for one of a later version.
Receipt parse_receipt(std::string_view json, const std::string& where);

/// Errors: Code::io; as parse_receipt.
Receipt read_receipt(const std::string& path);

/// Writes a whole file or leaves what is there. Errors: Code::io.
void write_receipt(const std::string& path, const Receipt& receipt);

/// Where the file lies that a receipt at `receipt_path` names: as it says, else below the receipt's folder,
/// else right beside the receipt; "" where it is in none of these places.
std::string find_named(const std::string& hint, const std::string& receipt_path);

}  // namespace rwkvk
