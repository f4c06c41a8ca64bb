<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>EnergyScale</name>
    <message>
        <source>dense</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Options</name>
    <message>
        <source>%1 files are given; one window opens one of them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>there is no %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compress language models by hand and by eye.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>workspace to open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>render every page, dark and light, as PNG into a folder and end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dark, light or system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>size of the window, e.g. 1440x900</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>look only: no engine, nothing is written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>start the demo run at once</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a workspace, a GGUF file or a model folder to open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>--size %1: width x height is needed, e.g. 1440x900</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>--theme %1: there are dark, light and system</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Read-only: %1</source>
        <translation>Nur zum Ansehen: %1</translation>
    </message>
</context>
<context>
    <name>Page</name>
    <message>
        <source>Carve</source>
        <translation>Schnitzen</translation>
    </message>
    <message>
        <source>Recover</source>
        <translation>Erholen</translation>
    </message>
</context>
<context>
    <name>QObject</name>
    <message>
        <source>deleted</source>
        <translation>gelöscht</translation>
    </message>
    <message>
        <source>live</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>%1 run</source>
        <translation>%1 Lauf</translation>
    </message>
    <message>
        <source>%1 runs</source>
        <translation>%1 Läufe</translation>
    </message>
    <message>
        <source>PPL %1 ± %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PPL %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>delete %1</source>
        <translation>%1 löschen</translation>
    </message>
    <message>
        <source>rename %1</source>
        <translation>%1 umbenennen</translation>
    </message>
    <message>
        <source>tag %1</source>
        <translation>%1 verschlagworten</translation>
    </message>
    <message>
        <source>colour %1</source>
        <translation>%1 färben</translation>
    </message>
    <message>
        <source>notes of %1</source>
        <translation>Notizen zu %1</translation>
    </message>
    <message>
        <source>perplexity after distillation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>perplexity after pruning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>perplexity before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share of the target parameters removed, 0 to 1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share of the collapse undone, 0 to 1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share asked for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>number of the run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>queued, running, completed, cancelled, interrupted, failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>model it starts from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pruner</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>study it belongs to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>variant in its study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>one of its tags</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>notes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>there is no field %1</source>
        <translation>es gibt kein Feld %1</translation>
    </message>
    <message>
        <source>%1 is compared with a number</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is a text; compare it by = or !=</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no study</source>
        <translation>keine Studie</translation>
    </message>
    <message>
        <source>no tag</source>
        <translation>kein Schlagwort</translation>
    </message>
    <message>
        <source>the folder %1 cannot be created</source>
        <translation>der Ordner %1 kann nicht angelegt werden</translation>
    </message>
    <message>
        <source>%1 cannot be written</source>
        <translation>%1 kann nicht geschrieben werden</translation>
    </message>
</context>
<context>
    <name>Stage</name>
    <message>
        <source>loading</source>
        <translation>lädt</translation>
    </message>
    <message>
        <source>measuring perplexity</source>
        <translation>misst die Perplexität</translation>
    </message>
    <message>
        <source>caching the teacher</source>
        <translation>speichert den Lehrer</translation>
    </message>
    <message>
        <source>calibrating</source>
        <translation>kalibriert</translation>
    </message>
    <message>
        <source>analysing matrices</source>
        <translation>untersucht die Matrizen</translation>
    </message>
    <message>
        <source>pruning</source>
        <translation>beschneidet</translation>
    </message>
    <message>
        <source>distilling</source>
        <translation>destilliert</translation>
    </message>
    <message>
        <source>exporting</source>
        <translation>exportiert</translation>
    </message>
</context>
<context>
    <name>main</name>
    <message>
        <source>SparseKD Workbench</source>
        <translation>SparseKD Workbench</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Erneut versuchen</translation>
    </message>
</context>
<context>
    <name>skd::CarvePage</name>
    <message>
        <source>show a saved view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The rank profile is on the clipboard as JSON.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The rank profile was pasted.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::CarveState</name>
    <message>
        <source>layer %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rank %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ranks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>uniform</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>energy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>budget</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unlock layer %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>lock layer %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>paste profile</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::ColorBar</name>
    <message>
        <source>Colour scale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from %1 to %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::CommandPalette</name>
    <message>
        <source>Command palette</source>
        <translation>Befehlspalette</translation>
    </message>
    <message>
        <source>type a command or the name of a run</source>
        <translation>Befehl oder Name eines Laufs</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>Befehle</translation>
    </message>
</context>
<context>
    <name>skd::Desktop</name>
    <message>
        <source>SparseKD Workbench</source>
        <translation>SparseKD Workbench</translation>
    </message>
</context>
<context>
    <name>skd::FaderBank</name>
    <message>
        <source>Energy faders, one per layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>energy %1 ⏎</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::FilterLine</name>
    <message>
        <source>Filter runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>filter: svd  ppl &lt; 50</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Words, words to leave out (-plain), and comparisons:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>svd  status = completed  ppl &lt; 50  tag = &quot;for the talk&quot;</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::HealthWatch</name>
    <message>
        <source>The workspace %1 is no longer there: was its disk taken out, or its folder moved? What is on the screen stays. Put it back, or stop the run and open another workspace.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model %1 is no longer there. The copy in memory can still be carved and measured; a run needs the files: put them back, or open another model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Only %1 are free on the disk of the workspace. A run stops where it cannot write its checkpoint; free some space first.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::HeatMap</name>
    <message>
        <source>Heat map of matrices by layer</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::HeatMapCard</name>
    <message>
        <source>Matrices</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colour of the heat map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>kept energy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share of the squared singular values that remains</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rank / break-even</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rank as a share of the rank from which factors are larger than the matrix</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sensitivity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measured weight: nats per token for each unit of energy cut off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measured ΔKL</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nats per token lost with this matrix alone cut to half its break-even rank</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>break-even</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>down</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense, rank %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rank %1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Layer %1 · %2 %3×%4 · %5 · energy %6 · break-even %7 · dead zone %8–%7 stays dense</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1
%2
energy %3
%4 of %5 parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rank %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>
%1 nats lost alone at rank %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::HelpDock</name>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>Close the help</source>
        <translation>Hilfe schließen</translation>
    </message>
    <message>
        <source>Close (F1)</source>
        <translation>Schließen (F1)</translation>
    </message>
    <message>
        <source>Search the help</source>
        <translation>Hilfe durchsuchen</translation>
    </message>
    <message>
        <source>search · Enter: next</source>
        <translation>suchen · Eingabe: weiter</translation>
    </message>
    <message>
        <source>not found</source>
        <translation>nicht gefunden</translation>
    </message>
    <message>
        <source>Guided tour</source>
        <translation>Rundgang</translation>
    </message>
</context>
<context>
    <name>skd::LogDock</name>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Lowest level shown</source>
        <translation>Niedrigste gezeigte Stufe</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alles</translation>
    </message>
    <message>
        <source>information</source>
        <translation>Hinweise</translation>
    </message>
    <message>
        <source>warnings</source>
        <translation>Warnungen</translation>
    </message>
    <message>
        <source>errors</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Filter the log</source>
        <translation>Protokoll filtern</translation>
    </message>
    <message>
        <source>filter</source>
        <translation>Filter</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Leeren</translation>
    </message>
    <message>
        <source>Log lines</source>
        <translation>Protokollzeilen</translation>
    </message>
</context>
<context>
    <name>skd::LossCard</name>
    <message>
        <source>Training curves</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cross-entropy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nats per token against the text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KL × αT²</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nats per token against the teacher, as it stands in the loss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gradient norm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>before clipping</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>step</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::MainWindow</name>
    <message>
        <source>%1 – SparseKD Workbench</source>
        <translation>%1 – SparseKD Workbench</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
    <message>
        <source>A run is going on</source>
        <translation>Ein Lauf ist im Gang</translation>
    </message>
    <message>
        <source>Stop the run, save a checkpoint and close?
It can be resumed later.</source>
        <translation>Den Lauf anhalten, einen Zwischenstand sichern und schließen?
Er kann später fortgesetzt werden.</translation>
    </message>
    <message>
        <source>log: no warnings</source>
        <translation>Protokoll: keine Warnungen</translation>
    </message>
    <message>
        <source>Show the log</source>
        <translation>Protokoll zeigen</translation>
    </message>
    <message>
        <source>log: %1 warning</source>
        <translation>Protokoll: %1 Warnung</translation>
    </message>
    <message>
        <source>log: %1 warnings</source>
        <translation>Protokoll: %1 Warnungen</translation>
    </message>
    <message>
        <source>workspace %1 · %2%3</source>
        <translation>Arbeitsbereich %1 · %2%3</translation>
    </message>
    <message>
        <source>%1 run</source>
        <translation>%1 Lauf</translation>
    </message>
    <message>
        <source>%1 runs</source>
        <translation>%1 Läufe</translation>
    </message>
    <message>
        <source> · read-only</source>
        <translation> · nur zum Ansehen</translation>
    </message>
    <message>
        <source>%1 thread</source>
        <translation>%1 Faden</translation>
    </message>
    <message>
        <source>%1 threads</source>
        <translation>%1 Fäden</translation>
    </message>
    <message>
        <source>The run waits in the queue until the one that goes on has ended.</source>
        <translation>Der Lauf wartet in der Schlange, bis der jetzige zu Ende ist.</translation>
    </message>
    <message>
        <source>The layout of the last time was left out: the program ended while it was put back.</source>
        <translation>Die Anordnung vom letzten Mal wurde ausgelassen: Das Programm endete, während sie wiederhergestellt wurde.</translation>
    </message>
    <message>
        <source>Stopping the run and saving a checkpoint…</source>
        <translation>Der Lauf wird angehalten und ein Zwischenstand gesichert …</translation>
    </message>
    <message>
        <source>Present in full screen</source>
        <translation>Im Vollbild vorführen</translation>
    </message>
    <message>
        <source>Replay the run in front</source>
        <translation>Vorderen Lauf nochmals abspielen</translation>
    </message>
    <message>
        <source>Save this view…</source>
        <translation>Diese Ansicht sichern …</translation>
    </message>
    <message>
        <source>Saved views…</source>
        <translation>Gesicherte Ansichten …</translation>
    </message>
    <message>
        <source>Next view</source>
        <translation>Nächste Ansicht</translation>
    </message>
    <message>
        <source>Previous view</source>
        <translation>Vorige Ansicht</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Lauf</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Ansicht</translation>
    </message>
    <message>
        <source>Present</source>
        <translation>Vorführen</translation>
    </message>
    <message>
        <source>Command palette</source>
        <translation>Befehlspalette</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Einstellungen …</translation>
    </message>
    <message>
        <source>About SparseKD Workbench</source>
        <translation>Über SparseKD Workbench</translation>
    </message>
    <message>
        <source>Open another workspace…</source>
        <translation>Anderen Arbeitsbereich öffnen …</translation>
    </message>
    <message>
        <source>Show in its folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Open model folder…</source>
        <translation>Modellordner öffnen …</translation>
    </message>
    <message>
        <source>Open GGUF file…</source>
        <translation>GGUF-Datei öffnen …</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Copy rank profile</source>
        <translation>Rangprofil kopieren</translation>
    </message>
    <message>
        <source>Paste rank profile</source>
        <translation>Rangprofil einfügen</translation>
    </message>
    <message>
        <source>Prune and recover</source>
        <translation>Beschneiden und erholen</translation>
    </message>
    <message>
        <source>Pause or resume</source>
        <translation>Anhalten oder weiter</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>System theme</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Restore default layout</source>
        <translation>Ursprüngliche Anordnung</translation>
    </message>
    <message>
        <source>run %1</source>
        <translation>Lauf %1</translation>
    </message>
    <message>
        <source>Hugging Face model folder</source>
        <translation>Hugging-Face-Modellordner</translation>
    </message>
    <message>
        <source>GGUF model</source>
        <translation>GGUF-Modell</translation>
    </message>
    <message>
        <source>GGUF models (*.gguf)</source>
        <translation>GGUF-Modelle (*.gguf)</translation>
    </message>
    <message>
        <source>Workspace</source>
        <translation>Arbeitsbereich</translation>
    </message>
    <message>
        <source>Workspaces (*.sqlite *.skdw)</source>
        <translation>Arbeitsbereiche (*.sqlite *.skdw)</translation>
    </message>
    <message>
        <source>SparseKD Workbench</source>
        <translation>SparseKD Workbench</translation>
    </message>
    <message>
        <source>&lt;b&gt;SparseKD Workbench %1&lt;/b&gt;&lt;br&gt;Compress language models by low-rank pruning and distillation, by hand and by eye.&lt;br&gt;&lt;br&gt;GPL-3.0. Uses Qt %2, QtCharts, SQLite and LibTorch.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::MasterFader</name>
    <message>
        <source>Master fader: MLP parameters to remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag: share of MLP parameters to remove.
The measured weights decide where; locked layers stay.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>master</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::MixerCard</name>
    <message>
        <source>Energy per layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gate · up · down linked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>preset: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>load path</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fewest expected nats under the budget, by measured weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>uniform</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the same share of every matrix</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>energy threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the same kept energy everywhere, at the same price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by hand</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>what the faders say</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>layer %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>budget</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>layer %1 · energy %2%3
%4</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> · locked</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::NoticeBar</name>
    <message>
        <source>Dismiss</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Notice</source>
        <translation>Hinweis</translation>
    </message>
</context>
<context>
    <name>skd::PerplexityCard</name>
    <message>
        <source>Perplexity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Perplexity over optimiser steps</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>step</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>perplexity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This run has no perplexity curve yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scale of the perplexity axis</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>log scale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>linear scale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>Glättung</translation>
    </message>
    <message>
        <source>smoothing: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>the values as they were measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>exponential moving average; the raw line stays behind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Several seeds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>seeds: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a line each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mean ± std</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>runs of one study and variant as one band, where at least two are selected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>x: step</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (%2 seeds)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>collapse %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>step %1 · %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>round %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tokens</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::PlotView</name>
    <message>
        <source>no data yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chart: %1, %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 line</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 lines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 point</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 points</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A %1 → B %2 (%3)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Values of: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>x</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show as table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cursor A here (Alt+click)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cursor B here (Alt+Shift+click)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove cursors</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note here…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show all</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::Presenter</name>
    <message>
        <source>save the view “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>delete the view “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rename the view “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>move a view</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::PresenterBar</name>
    <message>
        <source>Presentation</source>
        <translation>Vorführung</translation>
    </message>
    <message>
        <source>Previous view (Left)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next view (Right)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Replay the run</source>
        <translation>Lauf abspielen</translation>
    </message>
    <message>
        <source>Plays the run in front again, as it happened</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed of the replay</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>speed: </source>
        <translation>Tempo: </translation>
    </message>
    <message>
        <source>1 ×</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as long as it took</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>5 ×</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>20 ×</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>60 ×</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a minute in a second</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>300 ×</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Leave</source>
        <translation>Verlassen</translation>
    </message>
    <message>
        <source>Back to the window (Esc)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no saved views: View › Save this view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 / %2 · %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 views</source>
        <translation>%1 Ansichten</translation>
    </message>
    <message>
        <source>End the replay</source>
        <translation>Abspielen beenden</translation>
    </message>
</context>
<context>
    <name>skd::PreviewRunner</name>
    <message>
        <source>back to an earlier try</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::PriceCard</name>
    <message>
        <source>Price</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MLP parameters removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share of all parameters of the model that is removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size (bf16)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>two bytes per parameter that remains</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>GEMM FLOPs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>matrix products per token, against the dense model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KL, predicted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nats per token: sum over matrices of measured weight × energy cut off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Perplexity, preview</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>95 % interval of the estimate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>budget %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>uniform</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>energy %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by hand</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 · %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measuring…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense %1 · %2 tokens · %3 s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open the model to measure</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>read-only: nothing is measured here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>recorded after pruning, %1 · dense %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>opening the model…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>measured as soon as the run lets it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>recorded: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>preview</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PPL %1 at %2 removed (%3)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>last tries: %1, click to return</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::QueueDock</name>
    <message>
        <source>Queue</source>
        <translation>Schlange</translation>
    </message>
    <message>
        <source>Progress of the stage</source>
        <translation>Fortschritt des Abschnitts</translation>
    </message>
    <message>
        <source>Runs that wait</source>
        <translation>Wartende Läufe</translation>
    </message>
    <message>
        <source>Up</source>
        <translation>Hinauf</translation>
    </message>
    <message>
        <source>Start earlier (Alt+Up)</source>
        <translation>Früher beginnen (Alt+Auf)</translation>
    </message>
    <message>
        <source>Down</source>
        <translation>Hinunter</translation>
    </message>
    <message>
        <source>Start later (Alt+Down)</source>
        <translation>Später beginnen (Alt+Ab)</translation>
    </message>
    <message>
        <source>Take out</source>
        <translation>Herausnehmen</translation>
    </message>
    <message>
        <source>The run does not start; it stays in the list as cancelled (Delete)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing is running.</source>
        <translation>Nichts läuft.</translation>
    </message>
    <message>
        <source>No run waits. Runs that are started while another one goes on wait here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Held: %1 until you start the queue.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 run waits</source>
        <translation>%1 Lauf wartet</translation>
    </message>
    <message>
        <source>%1 runs wait</source>
        <translation>%1 Läufe warten</translation>
    </message>
    <message>
        <source>Start the queue</source>
        <translation>Schlange starten</translation>
    </message>
    <message>
        <source>Hold the queue</source>
        <translation>Schlange anhalten</translation>
    </message>
</context>
<context>
    <name>skd::QueueModel</name>
    <message>
        <source>%1. %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>run %1</source>
        <translation>Lauf %1</translation>
    </message>
    <message>
        <source>%1 · added %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::RecoverPage</name>
    <message>
        <source>Distil on from step %1 (a new run)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, on from step %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note at step %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove this note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No run yet. Shape a model on the Carve page, then prune and recover.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This run has no perplexity curve yet.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::RecoveryCard</name>
    <message>
        <source>all steps done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recovery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Perplexity now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of the collapse undone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(collapse − now) / (collapse − dense), in perplexity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Status</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Step</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CE / KL</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nats per token; KL as measured, without αT²</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gradient norm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Best</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stops when</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rise above the minimum, or improvement below a limit, for that many evaluations</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PPL, whole</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense, after pruning, after distillation: on all evaluation tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Checkpoints</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Continue from the last one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>in the end</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense %1 · after pruning %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 @ %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>step %1 · best</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>step %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none yet</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::Replay</name>
    <message>
        <source>A run goes on; a stored one can be replayed when it has ended.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>replay of %1</source>
        <translation>Wiedergabe von %1</translation>
    </message>
    <message>
        <source>the replay was stopped</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::RunAttention</name>
    <message>
        <source>%1 is complete</source>
        <translation>%1 ist fertig</translation>
    </message>
    <message>
        <source>%1 has stopped</source>
        <translation>%1 hat angehalten</translation>
    </message>
    <message>
        <source>perplexity %1 · %2</source>
        <translation>Perplexität %1 · %2</translation>
    </message>
    <message>
        <source>%1 has failed</source>
        <translation>%1 ist gescheitert</translation>
    </message>
    <message>
        <source>%1 is going on</source>
        <translation>%1 ist im Gang</translation>
    </message>
</context>
<context>
    <name>skd::RunMonitor</name>
    <message>
        <source>stopping, saving a checkpoint</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>opening the model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 %2/s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::RunTree</name>
    <message>
        <source>group %1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 run</source>
        <translation>%1 Lauf</translation>
    </message>
    <message>
        <source>%1 runs</source>
        <translation>%1 Läufe</translation>
    </message>
</context>
<context>
    <name>skd::RunsDock</name>
    <message>
        <source>Runs</source>
        <translation>Läufe</translation>
    </message>
    <message>
        <source>Group runs</source>
        <translation>Läufe gruppieren</translation>
    </message>
    <message>
        <source>group: </source>
        <translation>Gruppe: </translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>one list, newest first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>study</source>
        <translation>Studie</translation>
    </message>
    <message>
        <source>by the study they were started for</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>variant</source>
        <translation>Variante</translation>
    </message>
    <message>
        <source>seeds of one variant together, with their mean ± std</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>by the model they start from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>by pruner</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>status</source>
        <translation>Status</translation>
    </message>
    <message>
        <source>by how they ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tag</source>
        <translation>Schlagwort</translation>
    </message>
    <message>
        <source>by tag; a run with two tags stands in both</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>No run matches the filter.</source>
        <translation>Kein Lauf passt zum Filter.</translation>
    </message>
    <message>
        <source>No runs yet. Open a model and press “Prune and recover”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>Schlagwörter</translation>
    </message>
    <message>
        <source>Tags, separated by commas</source>
        <translation>Schlagwörter, durch Kommas getrennt</translation>
    </message>
    <message>
        <source>Notes</source>
        <translation>Notizen</translation>
    </message>
    <message>
        <source>Notes of “%1”</source>
        <translation>Notizen zu „%1“</translation>
    </message>
    <message>
        <source>Palette&apos;s own</source>
        <translation>Wie die Palette</translation>
    </message>
    <message>
        <source>orange</source>
        <translation>orange</translation>
    </message>
    <message>
        <source>sky blue</source>
        <translation>himmelblau</translation>
    </message>
    <message>
        <source>green</source>
        <translation>grün</translation>
    </message>
    <message>
        <source>yellow</source>
        <translation>gelb</translation>
    </message>
    <message>
        <source>blue</source>
        <translation>blau</translation>
    </message>
    <message>
        <source>vermilion</source>
        <translation>zinnober</translation>
    </message>
    <message>
        <source>purple</source>
        <translation>purpur</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Tags…</source>
        <translation>Schlagwörter …</translation>
    </message>
    <message>
        <source>Notes…</source>
        <translation>Notizen …</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>Farbe</translation>
    </message>
    <message>
        <source>Copy spec as JSON</source>
        <translation>Spezifikation als JSON kopieren</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Restore</source>
        <translation>Wiederherstellen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Expand all groups</source>
        <translation>Alle Gruppen öffnen</translation>
    </message>
    <message>
        <source>Collapse all groups</source>
        <translation>Alle Gruppen schließen</translation>
    </message>
    <message>
        <source>Show deleted runs</source>
        <translation>Gelöschte Läufe zeigen</translation>
    </message>
</context>
<context>
    <name>skd::RunsModel</name>
    <message>
        <source>%1
%2 · seed %3 · %4
%5</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>as the system&apos;s</source>
        <translation>wie das System</translation>
    </message>
    <message>
        <source>light</source>
        <translation>hell</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>dunkel</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>Schriftgröße</translation>
    </message>
    <message>
        <source> %</source>
        <translation> %</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Holds from the next start on</source>
        <translation>Gilt ab dem nächsten Start</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Fäden</translation>
    </message>
    <message>
        <source>all %1 cores</source>
        <translation>alle %1 Kerne</translation>
    </message>
    <message>
        <source>For runs whose spec does not say; from the next start on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Workspace folder</source>
        <translation>Ordner des Arbeitsbereichs</translation>
    </message>
    <message>
        <source>the user&apos;s data folder</source>
        <translation>der Datenordner des Benutzers</translation>
    </message>
    <message>
        <source>Where the workspace that opens by itself lies; from the next start on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>Auswählen …</translation>
    </message>
    <message>
        <source>Smoothing of live curves</source>
        <translation>Glättung der Kurven</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Notification at the end of long runs</source>
        <translation>Meldung am Ende langer Läufe</translation>
    </message>
    <message>
        <source>Notifications</source>
        <translation>Meldungen</translation>
    </message>
    <message>
        <source>Keep the machine awake while a run goes on</source>
        <translation>Rechner wach halten, während ein Lauf im Gang ist</translation>
    </message>
    <message>
        <source>Stay awake</source>
        <translation>Wach bleiben</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>Glättung</translation>
    </message>
    <message>
        <source>%1 is no folder that can be written to.</source>
        <translation>%1 ist kein Ordner, in den geschrieben werden kann.</translation>
    </message>
</context>
<context>
    <name>skd::SpectrumCard</name>
    <message>
        <source>Singular values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Singular values of the selected matrices</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rank</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>singular value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a model, or select a matrix.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of the weights times the mean size of each input</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of the weights between the calibration text&apos;s inputs and the loss&apos;s gradients: half the squares that are cut estimate the nats per token lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of the weights alone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of the weights as the calibration text meets them (√ eigenvalues of W G Wᵀ)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which singular values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>whitened</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>plain</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>σ, log scale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cut</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>energy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>layer %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>layers %1–%2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Singular values · %1, %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dead zone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>break-even %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rank %1 · energy %2
%3 of %4 parameters
relative error %5</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::TopBar</name>
    <message>
        <source>no model</source>
        <translation>kein Modell</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Open a Hugging Face folder…</source>
        <translation>Hugging-Face-Ordner öffnen …</translation>
    </message>
    <message>
        <source>Open a GGUF file…</source>
        <translation>GGUF-Datei öffnen …</translation>
    </message>
    <message>
        <source>Workspace</source>
        <translation>Arbeitsbereich</translation>
    </message>
    <message>
        <source>Prune and recover</source>
        <translation>Beschneiden und erholen</translation>
    </message>
    <message>
        <source>Starts a run from what the Carve page shows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Stop; a checkpoint is saved</source>
        <translation>Stopp; ein Zwischenstand wird gesichert</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>Menü</translation>
    </message>
    <message>
        <source>Progress of the run</source>
        <translation>Fortschritt des Laufs</translation>
    </message>
    <message>
        <source>Queue a run behind the one that goes on (Ctrl+R)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Prune what the pages show, and distil it (Ctrl+R)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
</context>
<context>
    <name>skd::TrailBar</name>
    <message>
        <source>Last tries</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::ViewsDialog</name>
    <message>
        <source>Saved views</source>
        <translation>Gesicherte Ansichten</translation>
    </message>
    <message>
        <source>Saved views, in the order in which they are presented</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Up</source>
        <translation>Hinauf</translation>
    </message>
    <message>
        <source>Down</source>
        <translation>Hinunter</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Save this view</source>
        <translation>Diese Ansicht sichern</translation>
    </message>
    <message>
        <source>Name of the view</source>
        <translation>Name der Ansicht</translation>
    </message>
    <message>
        <source>Replay</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>shows the run as it ended</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>replays the run at %1 ×</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>When shown, it</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
