#pragma once
// What a request would have been told piece by piece, for those who want it at its end.

#include <rwkvk_engine.h>

#include <string>
#include <vector>

namespace rwkvk::api {

class WholeAnswer {
  public:
    /// Takes what PIECE, SCORE and DONE bring. To DONE all that came before is added, borrowed from here.
    void take(rwkvk_engine_event& event) {
        if (event.kind == RWKVK_EVENT_PIECE) answer_.push_back({event.token, event.log_probability});
        if (event.kind == RWKVK_EVENT_SCORE) prompt_.push_back({event.token, event.log_probability});
        text_.append(event.text, event.text_bytes);
        reasoning_.append(event.reasoning, event.reasoning_bytes);
        if (event.kind == RWKVK_EVENT_DONE) add_to(event);
    }

  private:
    void add_to(rwkvk_engine_event& event) const {
        event.text = text_.c_str();
        event.text_bytes = text_.size();
        event.reasoning = reasoning_.c_str();
        event.reasoning_bytes = reasoning_.size();
        event.answer = answer_.data();
        event.answer_count = answer_.size();
        event.prompt_scores = prompt_.data();
        event.prompt_score_count = prompt_.size();
    }

    std::vector<rwkvk_token_score> answer_, prompt_;
    std::string text_, reasoning_;
};

}  // namespace rwkvk::api
