#pragma once
// What the window shows, as lines of JSON, for tests.

#include <fstream>
#include <string>

#include "pause_meter.h"
#include "view.h"

namespace rwkvk::desktop {

class StateLog {
  public:
    /// An empty path: nothing is written.
    explicit StateLog(const std::string& path);
    /// A line when something is another than in the line before.
    void write(const Session& session, const ViewState& state, const PauseMeter& meter);

  private:
    std::ofstream file_;
    std::string last_;
};

}  // namespace rwkvk::desktop
