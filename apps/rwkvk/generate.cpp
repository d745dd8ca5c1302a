#include "apps/rwkvk/command.h"
namespace rwkvk::app { void add_generate(CLI::App&) {} }
