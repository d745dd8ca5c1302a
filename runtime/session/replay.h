#pragma once

#include <functional>
#include <string>

#include "runtime/session/context.h"
#include "runtime/session/receipt.h"

namespace rwkvk {

/// What a receipt says and this machine does not.
enum class Differs { nowhere, numerics, model, state_file, token, fingerprint };

struct Replayed {
    Differs differs = Differs::nowhere;
    size_t answer = 0, token = 0;   // where: counted from 1; 0: in none
    Token expected = 0, found = 0;  // in the receipt, here; where tokens differ
    std::string explanation;        // one line for a person
};

struct ReplayOptions {
    /// Told how much has been drawn, from 0 to 1, in rising order; false cancels.
    std::function<bool(double fraction)> progress = {};
    /// Of host memory, for states that later answers go on from; beyond, they are computed once more.
    uint64_t kept_bytes = uint64_t{1} << 30;
};

/// Computes a receipt again, up to the first difference. `where`: its path, which starts every error and
/// beside which its state files lie. Begins all slots of the context anew and uses slot 0. Errors:
/// Code::bad_file for ids that the model does not have; Code::cancelled; Code::io and others of
/// read_initial_state for a state file; as Context::feed.
Replayed replay(const Receipt& receipt, const std::string& where, Context& context,
                const ReplayOptions& options = {});

}  // namespace rwkvk
