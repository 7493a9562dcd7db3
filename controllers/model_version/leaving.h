// Leaving: what becomes of a version that is being deleted. It waits for the services that use it; then, with deletionPolicy: Delete, a Job
// deletes its bytes; then it goes (D26, D39). Nothing may hold it for ever: after ten failures, or where nothing can be made any more, it
// goes and tells which bytes it left.
#pragma once

#include <vector>

#include "model_version/observed.h"
#include "shared/settings.h"

namespace millrace::model_version {

// What a version that is not being deleted is held by.
std::vector<plan::Finalizer> finalizers_of(const Observed& seen);

// The services that name it stable, canary or last good, as a sentence; empty: none does.
std::string users_of(const Observed& seen);

plan::Plan<Status> leave(const Observed& seen, const shared::Settings& settings);

}  // namespace millrace::model_version
