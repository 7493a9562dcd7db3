#pragma once

#include "step/options.h"

namespace millrace::step {

/// Makes a tree readable for every user: files get r for all, folders r and x, and with Access::Remove w too. Symbolic links are left alone
/// and not followed. What cannot be changed is told on stderr; returns false then. A tree that is not there is no error.
bool share_tree(const Share& share);

}  // namespace millrace::step
