#pragma once
// Tokens that a device draws by itself, each from the logits of the one before, while the host looks on.

#include <span>
#include <vector>

#include "shaders/params.h"

namespace rwkvk {

/// How a sequence goes on: from a slot's state and these logits.
struct Drawing {
    params::Draw draw;
    std::vector<float> biases;  // [vocabulary]; -inf for what may not be drawn
    std::vector<float> counts;  // [vocabulary], of tokens in the text, faded; -1 for others
};

struct Drawn {
    uint32_t token;  // NONE: the sequence had ended before
    bool bad;        // because a logit was not finite
};

class TokenLoop {
  public:
    virtual ~TokenLoop() = default;
    /// Draws the first token. Shapes: logits [vocabulary].
    virtual void draw_first(const Drawing& drawing, std::span<const float> logits) = 0;
    /// Runs the token that was drawn last and draws the next one, later; where the sequence has ended,
    /// neither. At most `depth` steps more than tokens were taken.
    virtual void step() = 0;
    /// Waits for the oldest one that was not taken. Errors: Code::device_lost.
    virtual Drawn take() = 0;

    /// Steps that may be under way: the device has work while the host looks at what came of it.
    static constexpr uint32_t depth = 2;
};

}  // namespace rwkvk
