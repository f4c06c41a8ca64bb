#pragma once

#include "results/profile_report.h"

namespace skd::cli {

enum class ProfileView { Module, Paper };

/// Aligned tables for display: per model the time by part of the decoder and by operator (or the
/// columns of the paper's Table VIII), and each further model against the first.
std::string profileTables(const ProfileReport& report, ProfileView view);

}  // namespace skd::cli
