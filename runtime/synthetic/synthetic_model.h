#pragma once

#include <memory>
#include <string>

#include "runtime/model/model.h"

namespace rwkvk {

/// The random model of a SyntheticSpec's text. Errors: as SyntheticSpec::parse.
std::shared_ptr<const Model> synthetic_model(const std::string& spec, uint64_t seed = 1);

}  // namespace rwkvk
