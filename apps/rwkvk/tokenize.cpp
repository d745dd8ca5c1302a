#include "apps/rwkvk/command.h"
namespace rwkvk::app { void add_tokenize(CLI::App&) {} }
