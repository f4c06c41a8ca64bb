#pragma once

#include <QColor>
#include <QString>
#include <bitset>
#include <vector>

#include "results/profile_report.h"

namespace skd {

struct ThemeColors;

/// Parts of a decoder, as a set.
using ModuleSet = std::bitset<kNames<Module>.size()>;
ModuleSet moduleSet(std::initializer_list<Module> modules);

/// How the parts of a decoder are put together in a bar: our own, or the columns of the paper's
/// Table VIII.
enum class ProfileGrouping { Modules, Paper };

struct ProfilePart {
    QString name;
    ModuleSet modules;
    int hue = 0;       ///< index into the theme's series; negative = grey
    double shade = 0;  ///< 0 to 1: towards the surface
};
std::vector<ProfilePart> profileParts(ProfileGrouping grouping);

/// "gate", "attention output": for display.
QString moduleText(Module module);
QColor partColor(const ThemeColors& colors, const ProfilePart& part);
/// Colour of every module: that of the part it belongs to.
std::vector<QColor> moduleColors(const ThemeColors& colors, ProfileGrouping grouping);

/// Self time of the modules in the typical round.
double secondsOf(const ModelProfile& model, const ModuleSet& modules);

}  // namespace skd
