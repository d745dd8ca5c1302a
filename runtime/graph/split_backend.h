#pragma once
// Layers on several backends, one after the other: a model larger than one device's memory. Same bits as on
// one.

#include <functional>

#include "runtime/graph/layer_split.h"

namespace rwkvk {

/// Makes the backend of one part. The last argument says how far this part's weights are.
using MakeBackend =
    std::function<std::unique_ptr<Backend>(size_t part, const ModelPrograms&, const Progress&)>;

/// `layers` as in split_layers, two parts or more.
std::unique_ptr<Backend> make_split_backend(const ModelPrograms& programs,
                                            const std::vector<uint32_t>& layers,
                                            const BackendOptions& options, const MakeBackend& make);

}  // namespace rwkvk
