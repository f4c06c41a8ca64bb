#include "profile/profile_parts.h"

#include <QCoreApplication>

#include "style/theme.h"

namespace skd {

namespace {

QString translate(const char* text) {
    return QCoreApplication::translate("Profile", text);
}

QColor mixed(const QColor& a, const QColor& b, double share) {
    const auto mix = [share](int x, int y) {
        return static_cast<int>(std::lround(x + (y - x) * share));
    };
    return {mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue())};
}

}  // namespace

ModuleSet moduleSet(std::initializer_list<Module> modules) {
    ModuleSet set;
    for (Module module : modules) set.set(static_cast<std::size_t>(module));
    return set;
}

std::vector<ProfilePart> profileParts(ProfileGrouping grouping) {
    using M = Module;
    if (grouping == ProfileGrouping::Paper) {
        ModuleSet buckets[3];
        for (std::size_t i = 0; i < ModuleSet().size(); ++i)
            buckets[static_cast<int>(paperBucket(static_cast<Module>(i)))].set(i);
        return {{translate("FFN / GEMM"), buckets[static_cast<int>(PaperBucket::Gemm)], 4, 0},
                {translate("attention"), buckets[static_cast<int>(PaperBucket::Attention)], 6, 0},
                {translate("not in the paper's table"),
                 buckets[static_cast<int>(PaperBucket::Rest)], -1, 0}};
    }
    return {
        {translate("gate"), moduleSet({M::MlpGate}), 4, 0},
        {translate("gate and up"), moduleSet({M::MlpGateUp}), 4, 0.1},
        {translate("up"), moduleSet({M::MlpUp}), 4, 0.22},
        {translate("down"), moduleSet({M::MlpDown}), 4, 0.42},
        {translate("attention projections"),
         moduleSet({M::AttentionQuery, M::AttentionKey, M::AttentionValue, M::AttentionOutput}), 0,
         0},
        {translate("attention"), moduleSet({M::Attention}), 6, 0},
        {translate("head"), moduleSet({M::Head}), 2, 0},
        {translate("norm, rotary, activation"),
         moduleSet({M::Norm, M::Rotary, M::Activation, M::Residual}), 3, 0},
        {translate("copies, other"), moduleSet({M::Embedding, M::Copy, M::Other, M::Gap}), -1, 0}};
}

QString moduleText(Module module) {
    static constexpr const char* texts[] = {QT_TRANSLATE_NOOP("Profile", "embedding"),
                                            QT_TRANSLATE_NOOP("Profile", "norm"),
                                            QT_TRANSLATE_NOOP("Profile", "query"),
                                            QT_TRANSLATE_NOOP("Profile", "key"),
                                            QT_TRANSLATE_NOOP("Profile", "value"),
                                            QT_TRANSLATE_NOOP("Profile", "rotary"),
                                            QT_TRANSLATE_NOOP("Profile", "attention"),
                                            QT_TRANSLATE_NOOP("Profile", "attention output"),
                                            QT_TRANSLATE_NOOP("Profile", "gate"),
                                            QT_TRANSLATE_NOOP("Profile", "up"),
                                            QT_TRANSLATE_NOOP("Profile", "gate and up"),
                                            QT_TRANSLATE_NOOP("Profile", "down"),
                                            QT_TRANSLATE_NOOP("Profile", "activation"),
                                            QT_TRANSLATE_NOOP("Profile", "residual"),
                                            QT_TRANSLATE_NOOP("Profile", "copies"),
                                            QT_TRANSLATE_NOOP("Profile", "head"),
                                            QT_TRANSLATE_NOOP("Profile", "other"),
                                            QT_TRANSLATE_NOOP("Profile", "between operators")};
    static_assert(std::size(texts) == kNames<Module>.size());
    return translate(texts[static_cast<std::size_t>(module)]);
}

QColor partColor(const ThemeColors& colors, const ProfilePart& part) {
    const QColor base =
        part.hue < 0 ? mixed(colors.secondary, colors.card, 0.25) : seriesColor(colors, part.hue);
    return mixed(base, colors.dark ? QColor(Qt::white) : colors.card, part.shade);
}

std::vector<QColor> moduleColors(const ThemeColors& colors, ProfileGrouping grouping) {
    std::vector<QColor> all(ModuleSet().size(), colors.secondary);
    for (const ProfilePart& part : profileParts(grouping))
        for (std::size_t i = 0; i < all.size(); ++i)
            if (part.modules.test(i)) all[i] = partColor(colors, part);
    return all;
}

double secondsOf(const ModelProfile& model, const ModuleSet& modules) {
    double sum = 0;
    for (const ModuleTime& time : model.modules)
        if (modules.test(static_cast<std::size_t>(time.module))) sum += time.seconds;
    return sum;
}

}  // namespace skd
