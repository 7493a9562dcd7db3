#pragma once

namespace millrace::step {

/// Copies this program to `<folder>/millrace-step`, mode 0555, by a sibling and one rename. Returns an exit code.
int install(const char* folder);

}  // namespace millrace::step
