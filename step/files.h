#pragma once

#include "step/text.h"

#include <string_view>

namespace millrace::step {

/// `<folder>/<name><ending>`
Path path_of(std::string_view folder, std::string_view name, std::string_view ending = "");

/// Makes a folder and those above it, mode 0777 where it makes one (the umask must be 0). False with errno set.
bool make_folders(std::string_view folder);

/// Writes all of it, whatever the pieces. False with errno set.
bool write_all(int fd, std::string_view bytes);

/// Replaces a file's content by way of a sibling and one rename: a reader sees nothing or all. False with errno set.
bool write_by_rename(const Path& path, std::string_view bytes);

/// Overwrites a file in place; for files that are mounted, such as the termination log. False with errno set.
bool overwrite(const char* path, std::string_view bytes);

/// The first bytes of a file, empty when there is none.
Text<4096> read_start(const char* path);

/// One line on stderr: `millrace-step: <what>: <path>: <sentence of errno>`; `error` 0 leaves the last part out.
void complain(std::string_view what, std::string_view path = "", int error = 0);

}  // namespace millrace::step
