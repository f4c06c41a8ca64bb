#pragma once

#include <QUndoStack>
#include <array>

#include "controls/page.h"
#include "profile/kept_measurements.h"
#include "profile/measure_card.h"
#include "profile/profile_state.h"

namespace skd {

class BenchmarkView;

/// Where the time of dense and pruned models goes, and how they answer against the batch.
class ProfilePage : public LivePage {
    Q_OBJECT
public:
    explicit ProfilePage(const PageContext& context, QWidget* parent = nullptr);
    [[nodiscard]] QUndoStack* undoStack() override { return &m_undo; }
    [[nodiscard]] bool settled() const override;
    [[nodiscard]] ProfileState& state() { return m_state; }
    [[nodiscard]] TaskRunner& runner() { return m_runner; }
    /// Writes the shown profile's time lines; false, with a sentence on screen, where it cannot.
    bool saveTrace(const QString& file);

protected:
    /// Other pages have moved on meanwhile.
    void showEvent(QShowEvent* event) override {
        markDirty();
        LivePage::showEvent(event);
    }

private:
    void buildLayout();
    void connectParts();
    void connectMeasure();
    void refresh() override;
    void showKind();
    void showState();
    void onFinished(const TaskFinished& event);
    void load(MeasurementId id, MeasureCard::Kind kind);
    template <class Shown, class Read, class Show>
    void loadAs(MeasurementId id, MeasureCard::Kind kind, Read read, Show show);
    void removeShown();
    void askTrace();
    [[nodiscard]] KeptMeasurements& kept(MeasureCard::Kind kind) {
        return *m_kept[static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] QStringList knownModels() const;

    PageContext m_context;
    ProfileState m_state;
    ModelNames m_names;
    TaskRunner m_runner;
    std::array<KeptMeasurements*, 2> m_kept;
    std::array<MeasurementId, 2> m_loading;  ///< asked for, not there yet
    MeasureCard* m_measure;
    QStackedWidget* m_views;
    BenchmarkView* m_benchmark;
    QUndoStack m_undo;
    MeasureCard::Kind m_started = MeasureCard::Kind::Profile;
};

}  // namespace skd
