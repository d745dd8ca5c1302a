#pragma once

#include <CLI/CLI.hpp>
#include <map>

#include "pooling.h"

namespace rwkvk::app {

inline void add_pooling(CLI::App& command, Pooling& pooling) {
    command
        .add_option("--pooling", pooling,
                    "What of a text becomes its vector: the mean of all tokens, or the last's")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, Pooling>{{"mean", Pooling::mean}, {"last", Pooling::last}}));
}

}  // namespace rwkvk::app
