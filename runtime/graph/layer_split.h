#pragma once
// A model's programs cut between layers, each part with what it needs alone, to run on several backends.

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/graph/backend.h"

namespace rwkvk {

struct ProgramPart {
    ModelPrograms programs;  // the head is in the last part, the others have none
    /// Carried tensors with which the parts after this one go on, and those that parts before it leave.
    std::vector<std::string> leaves, takes;
    std::vector<uint32_t> states;  // of the whole body's: which this part's are
};

/// The number of layers: blocks whose steps are named "blocks.N.".
uint32_t layer_count(const Program& body);

/// Parts of so many layers each, all together all there are. What comes before the first layer is in the
/// first part, what comes after the last one in the last.
std::vector<ProgramPart> split_layers(const ModelPrograms& programs, const std::vector<uint32_t>& layers);

}  // namespace rwkvk
