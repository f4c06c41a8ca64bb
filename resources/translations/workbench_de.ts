<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>Forecast</name>
    <message>
        <source>%1 tokens</source>
        <translation>%1 Token</translation>
    </message>
    <message>
        <source>dense level reached after %1</source>
        <translation>Niveau des dichten Modells nach %1 erreicht</translation>
    </message>
    <message>
        <source>dense level not in reach: the curve flattens at %1</source>
        <translation>Niveau des dichten Modells nicht in Reichweite: die Kurve flacht bei %1 ab</translation>
    </message>
    <message>
        <source>dense level after about %1 (at least %2)</source>
        <translation>Niveau des dichten Modells nach etwa %1 (mindestens %2)</translation>
    </message>
    <message>
        <source>dense level after about %1 (%2 to %3)</source>
        <translation>Niveau des dichten Modells nach etwa %1 (%2 bis %3)</translation>
    </message>
</context>
<context>
    <name>PurgeRuns</name>
    <message>
        <source>Deleted runs</source>
        <translation>Gelöschte Läufe</translation>
    </message>
    <message>
        <source>Run %1 stays: run %2 starts from it or learns from it.</source>
        <translation>Lauf %1 bleibt: Lauf %2 beginnt bei ihm oder lernt von ihm.</translation>
    </message>
    <message numerus="yes">
        <source>Remove %1 deleted runs for good? This cannot be undone.</source>
        <translation>
            <numerusform>%1 gelöschten Lauf endgültig entfernen? Das lässt sich nicht rückgängig machen.</numerusform>
            <numerusform>%1 gelöschte Läufe endgültig entfernen? Das lässt sich nicht rückgängig machen.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 runs removed for good; %2 freed.</source>
        <translation>
            <numerusform>%1 Lauf endgültig entfernt; %2 frei geworden.</numerusform>
            <numerusform>%1 Läufe endgültig entfernt; %2 frei geworden.</numerusform>
        </translation>
    </message>
    <message>
        <source>There are no deleted runs.</source>
        <translation>Es gibt keine gelöschten Läufe.</translation>
    </message>
    <message>
        <source>Their model files take %1; their curves make the workspace smaller as well.</source>
        <translation>Ihre Modelldateien belegen %1; auch ihre Kurven machen den Arbeitsbereich kleiner.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
</context>
<context>
    <name>EnergyScale</name>
    <message>
        <source>dense</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Help</name>
    <message>
        <source>Guided tour</source>
        <translation>Rundgang</translation>
    </message>
</context>
<context>
    <name>Legend</name>
    <message>
        <source>+ %1 more</source>
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
        <source>read-only: no engine, nothing is written</source>
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
    <message>
        <source>Compare</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Profile</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Talk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models and data</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Profile</name>
    <message>
        <source>embedding</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>norm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>query</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rotary</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attention</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attention output</source>
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
        <source>gate and up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>down</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>activation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>residual</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>copies</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>head</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>other</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>between operators</source>
        <translation type="unfinished"></translation>
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
    <message numerus="yes">
        <source>%1 runs</source>
        <translation>
            <numerusform>%1 Lauf</numerusform>
            <numerusform>%1 Läufe</numerusform>
        </translation>
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
    <message>
        <source>%1, so no run can be started here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“%1” waits in the queue, which is held; start it in the Queue dock.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“%1” waits in the queue.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“%1” starts.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“%1” starts when the current run has ended.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>damaged</source>
        <translation>beschädigt</translation>
    </message>
</context>
<context>
    <name>Rounds</name>
    <message>
        <source>gate %1 &gt; %2 ✗</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gate %1 ✓</source>
        <translation type="unfinished"></translation>
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
    <message>
        <source>answering prompts</source>
        <translation>beantwortet die Fragen</translation>
    </message>
    <message>
        <source>refining blocks</source>
        <translation>verfeinert Blöcke</translation>
    </message>
</context>
<context>
    <name>TableTwin</name>
    <message>
        <source>Show as table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy values</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ViewTable</name>
    <message>
        <source>and %1 more rows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 more rows are in the CSV file.</source>
        <translation type="unfinished"></translation>
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
    <message>
        <source>Measuring the speed of this machine for the demo…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The demo takes about %1 here.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd</name>
    <message>
        <source>%1 ms</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense PPL</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>perplexity of the model before anything was done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PPL before KD</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>perplexity after pruning, before distillation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PPL after KD</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>perplexity after distillation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>recovery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(before KD − after KD) / (before KD − dense): share of the collapse that distillation took back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MLP removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share of the MLP parameters that is gone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share of all parameters that is gone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>bytes removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share of the weights&apos; bytes that is gone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>parameters of the student</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>from start to end of the run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ECE</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>expected calibration error of the final model, on the selection text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KL to dense</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nats per token between the final model and the dense one, on the selection text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TTFT</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time to first token at the smallest batch, of the newest benchmark that was kept</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TaskFigures</name>
    <message>
        <source>%1 documents</source>
        <translation>%1 Dokumente</translation>
    </message>
    <message>
        <source>; right here alone %1, before alone %2</source>
        <translation>; nur hier richtig %1, nur vorher richtig %2</translation>
    </message>
    <message>
        <source>the mean of %1 runs; McNemar&apos;s test is one run&apos;s</source>
        <translation>der Mittelwert von %1 Läufen; McNemars Test gilt für einen Lauf</translation>
    </message>
</context>
<context>
    <name>skd::AnswerCard</name>
    <message>
        <source>How the answer is shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>table of tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>every token with its probability and KL</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Figures of the answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answer of: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens of the answer of: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Distinct answers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Answers of: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%1 tokens…</source>
        <translation>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stopped · %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%1 tokens</source>
        <translation>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>first after %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>then %1 each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mean KL %1 nats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>read as plain text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1× %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 distinct</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>similarity %1 · the most frequent one makes up %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mean over all pairs of 1 − edit distance in tokens / tokens of the longer one</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::AnswerTokens</name>
    <message>
        <source>%1
probability %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>
KL %1 nats from the first model&apos;s prediction</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Probability</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KL, nats</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::BenchmarkTableModel</name>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sequences answered at once</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TTFT</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time to first token, median: reading the prompts and choosing a token each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>quartiles</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of the time to first token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TPOT</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time per output token, median: one step of the whole batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of the time per output token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>written by the whole batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>weights, and what the process grew by at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Prefill</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the first model&apos;s TTFT of the same round / this model&apos;s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Decode</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the first model&apos;s TPOT of the same round / this model&apos;s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of bound</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>weight bytes read per step / TPOT / read bandwidth</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::BenchmarkView</name>
    <message>
        <source>Time to first token against batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Figures of every model against the batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Figure</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TTFT</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time to first token: reading the prompts and choosing a token each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>TPOT</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time per output token: one step of the whole batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>weights, and what the process grew by at most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>written by the whole batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scale of the value axis</source>
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
        <source>x: batch, log2 · band: quartiles</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All figures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Benchmark figures by model and batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>batch %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time per output token against batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory against batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens per second against batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 · %2 read, %3 written · %4</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All figures · median of %1 rounds · %2, %3 threads · reads %4 GB/s</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::BreakdownCard</name>
    <message>
        <source>Where the time goes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Self time by part of the decoder, one bar per model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How parts are grouped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>module</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the parts of the decoder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the paper&apos;s buckets</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>attention, products with weight matrices, and what Table VIII omits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>share of the wall time that belongs to a named part of the decoder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 · %2: %3, %4</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the time goes · batch %1 × %2 · %3 · self time, ms</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 attributed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: MLP time %2 · MLP FLOPs %3 · everything else %4</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unchanged within noise</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::CachesCard</name>
    <message>
        <source>spectra</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>teacher cache</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>timings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>scores</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>run&apos;s files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Singular values, factors and probes of a model; made again when a run needs them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The teacher&apos;s probabilities over a corpus; made again when a run needs them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measured times of matrix shapes on this machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Perplexities of dense models that runs share</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Checkpoints and models of a run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Caches</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files beside the workspace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kind</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Of</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Changed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is nothing beside this workspace yet. Runs keep their checkpoints, spectra and teachers&apos; probabilities here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Asks first, and names what is lost</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (run %2, %3)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>deleted</source>
        <translation>gelöscht</translation>
    </message>
    <message>
        <source>run %1, not in this workspace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Caches · %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Beside the workspace, in %1.files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was deleted. %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete %1 (%2, %3)?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Deleted files do not come back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 are free again.</source>
        <translation type="unfinished"></translation>
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
    <name>skd::CarveReference</name>
    <message>
        <source>%1 · run %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 · seed %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>here %1, %2 %3</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::CarveSearch</name>
    <message>
        <source>a search is running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open the model first: every try is measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>wait for the first preview: it measures the dense model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>search</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>search %1 of %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>search: %1 within PPL %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>search: no cut stays within PPL %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>search stopped</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>search ended by an edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>search failed: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::CarveSpeed</name>
    <message>
        <source>MLP products as timed on this machine at %1 rows of input</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MLP products shrink by their FLOPs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time to first token, dense over pruned: 1 / (1 − s + s·r)
s = %1: the MLP&apos;s share of a forward pass, measured by “%2”
r: %3</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1. For the whole model, measure the MLP&apos;s share of a forward pass on the Profile page.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing was measured for this model. Profile it on the Profile page (Amdahl&apos;s law then gives the gain), and time its matrices with: sparsekd benchmark MODEL --break-even --batch 512</source>
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
    <message>
        <source>tiers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>random</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>what a budget is in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>size</source>
        <translation>Größe</translation>
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
    <name>skd::CompareData</name>
    <message>
        <source>%1 (%2 seeds)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::ComparePage</name>
    <message>
        <source>Seeds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>seeds: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>one by one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>every run on its own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>mean ± std</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>runs of one study and variant, or with the same settings but the seed, as one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Läufe</translation>
    </message>
    <message>
        <source>curves</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>trade-off</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sweep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tables</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>figures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>paper&apos;s tables</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Charts of the runs selected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select runs in the list on the left to compare them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%1 runs selected</source>
        <translation>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>deviation</source>
        <translation>Abstand</translation>
    </message>
    <message>
        <source>front</source>
        <translation>Front</translation>
    </message>
</context>
<context>
    <name>skd::CorporaCard</name>
    <message>
        <source>ships with the program</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>built of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corpora</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corpora of this machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corpus</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Documents</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Characters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Licence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No corpus was found. Those that ship are in the program&apos;s resources; “Add folder…” adds one that “sparsekd corpus build” made.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use in New run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Check files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compares every file with the hash in the manifest</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forget</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Removes an added corpus from the list; its files stay</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A folder that “sparsekd corpus build” made</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corpus folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The first four ship with the program and are the default mixture of a run.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2 samples asked for, shares %3, %4 tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comparing the files of %1 with its manifest…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every file of %1 is as its manifest describes it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::CurvesView</name>
    <message>
        <source>perplexity on the selection text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cross entropy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KL to teacher</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>loss</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>learning rate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>gradient norm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Curves of the runs selected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>step</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Metric</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Smoothing of the curves</source>
        <translation type="unfinished"></translation>
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
        <source>exponential moving average; the raw line stays visible</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scale of the curves</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>scale: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by metric</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>perplexities on a log scale, others linear</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>log</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>linear</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select runs in the list on the left, several with Ctrl or Shift.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The runs selected have no curves.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::DataPage</name>
    <message>
        <source>%1 is on the list of models.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is on the list of corpora.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::DataTable</name>
    <message>
        <source>Columns of: %1</source>
        <translation type="unfinished"></translation>
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
    <name>skd::DeviationView</name>
    <message>
        <source>Distance to the original model against what was removed</source>
        <translation>Abstand zum ursprünglichen Modell gegen das, was entfernt wurde</translation>
    </message>
    <message>
        <source>MLP removed</source>
        <translation>MLP entfernt</translation>
    </message>
    <message>
        <source>KL to the original model, nats per token</source>
        <translation>KL zum ursprünglichen Modell, Nats je Token</translation>
    </message>
    <message>
        <source>No run selected has measured this distance: rounds do so where the stability gate is on (schedule.gate).</source>
        <translation>Kein gewählter Lauf hat diesen Abstand gemessen: Runden tun es, wo die Stabilitätsschranke an ist (schedule.gate).</translation>
    </message>
    <message>
        <source>after the cut</source>
        <translation>nach dem Schnitt</translation>
    </message>
    <message>
        <source>after distillation</source>
        <translation>nach der Destillation</translation>
    </message>
    <message>
        <source> ± %1 (95 %)</source>
        <translation> ± %1 (95 %)</translation>
    </message>
    <message>
        <source>round %1, %2 removed
%3 nats per token%4</source>
        <translation>Runde %1, %2 entfernt
%3 Nats je Token%4</translation>
    </message>
</context>
<context>
    <name>skd::DiffCard</name>
    <message>
        <source>What differs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings that differ</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select a second run (Ctrl+click) to see in which settings they differ.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The runs selected have the same settings.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the first %1 runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 fields</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::ElasticChoice</name>
    <message>
        <source>show a saved view</source>
        <translation>gespeicherte Ansicht zeigen</translation>
    </message>
    <message>
        <source>back to the model</source>
        <translation>zurück zum Modell</translation>
    </message>
</context>
<context>
    <name>skd::EstimateCard</name>
    <message>
        <source>From the measured speed of this machine; runs of this workspace on it correct it once they are complete.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>From the time %1 complete runs of this workspace took.</source>
        <translation>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::ExportDialog</name>
    <message>
        <source>Export view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Views of this page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PDF – vector, for papers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SVG – vector, for the web and drawing programs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>PNG – pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>CSV – the full data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Markdown – a table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> mm</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 × the screen&apos;s pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>light colours, for paper</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Format</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Width</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Height</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Width, height</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preview</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A file of this name is there; exporting replaces it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 files (*.%2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Written: %1</source>
        <translation type="unfinished"></translation>
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
    <message>
        <source>layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>setting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>place of the fader</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>locked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>yes</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::FieldRow</name>
    <message>
        <source>%1 to %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back to the default, %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: back to the default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a corpus folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a GGUF file; a folder can be typed or dropped onto the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a text file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Corpus folder</source>
        <translation type="unfinished"></translation>
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
        <source>Text file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> (default: %1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::FiguresView</name>
    <message>
        <source>Figures of the runs selected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select runs in the list on the left: their figures appear here side by side.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>± std</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, change</source>
        <translation>%1, Änderung</translation>
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
        <source>Words, words to exclude (-plain), and comparisons:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>svd  status = completed  ppl &lt; 50  tag = &quot;for the talk&quot;</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::FrontCard</name>
    <message>
        <source>Front</source>
        <translation>Front</translation>
    </message>
    <message>
        <source>Perplexity over the share removed</source>
        <translation>Perplexität über dem entfernten Anteil</translation>
    </message>
    <message>
        <source>perplexity of every size that is measured, one line a moment of the run</source>
        <translation>Perplexität jeder Größe, die gemessen wird; eine Linie ist ein Zeitpunkt des Laufs</translation>
    </message>
    <message>
        <source>removed</source>
        <translation>entfernt</translation>
    </message>
    <message>
        <source>perplexity</source>
        <translation>Perplexität</translation>
    </message>
    <message>
        <source>From the first evaluation of its sizes on</source>
        <translation>Ab der ersten Messung seiner Größen</translation>
    </message>
    <message>
        <source>Share of draws per size</source>
        <translation>Anteil der Ziehungen je Größe</translation>
    </message>
    <message>
        <source>Step of the front</source>
        <translation>Schritt der Front</translation>
    </message>
    <message>
        <source>the front as it was at an earlier step; at its end it follows the run</source>
        <translation>die Front, wie sie bei einem früheren Schritt war; am Ende folgt sie dem Lauf</translation>
    </message>
    <message>
        <source>95 % of test text</source>
        <translation>95 % auf dem Testtext</translation>
    </message>
    <message>
        <source>%1 removed: %2 ± %3 on the test text</source>
        <translation>%1 entfernt: %2 ± %3 auf dem Testtext</translation>
    </message>
    <message>
        <source>%1 removed: %2 on the test text</source>
        <translation>%1 entfernt: %2 auf dem Testtext</translation>
    </message>
    <message>
        <source>test text, final</source>
        <translation>Testtext, am Ende</translation>
    </message>
    <message>
        <source>after the cut</source>
        <translation>nach dem Schnitt</translation>
    </message>
    <message>
        <source>live text, step %1</source>
        <translation>Lauftext, Schritt %1</translation>
    </message>
    <message>
        <source>%1 removed: %2 at step %3</source>
        <translation>%1 entfernt: %2 bei Schritt %3</translation>
    </message>
    <message>
        <source>dense %1</source>
        <translation>dicht %1</translation>
    </message>
    <message>
        <source>step %1</source>
        <translation>Schritt %1</translation>
    </message>
    <message>
        <source>from %1: %2</source>
        <translation>ab %1: %2</translation>
    </message>
    <message>
        <source>sequences by size: %1</source>
        <translation>Sequenzen nach Größe: %1</translation>
    </message>
</context>
<context>
    <name>skd::FrontView</name>
    <message>
        <source>Fronts of elastic runs</source>
        <translation>Fronten elastischer Läufe</translation>
    </message>
    <message>
        <source>MLP removed</source>
        <translation>MLP entfernt</translation>
    </message>
    <message>
        <source>perplexity after recovery</source>
        <translation>Perplexität nach der Erholung</translation>
    </message>
    <message>
        <source>No elastic run with recorded sizes is selected. Start one with elastic.smallest above 0 (New run).</source>
        <translation>Kein elastischer Lauf mit gemessenen Größen ist ausgewählt. Ein Lauf mit elastic.smallest über 0 ist einer (Neuer Lauf).</translation>
    </message>
    <message>
        <source>Transfer shares</source>
        <translation>Übertragungsanteile</translation>
    </message>
    <message>
        <source>φ: tokens that runs of one size need for the same perplexity, over the tokens of the elastic run; from the runs of that size that are selected</source>
        <translation>φ: Token, die Läufe einer Größe für dieselbe Perplexität brauchen, geteilt durch die Token des elastischen Laufs; aus den ausgewählten Läufen dieser Größe</translation>
    </message>
    <message>
        <source>More tokens here</source>
        <translation>Mehr Token hier</translation>
    </message>
    <message>
        <source>Polish this point</source>
        <translation>Diesen Punkt polieren</translation>
    </message>
    <message>
        <source>fills in New run: trains the slice of this size on by itself, with a third of the learning rate</source>
        <translation>füllt „Neuer Lauf“ aus: trainiert den Ausschnitt dieser Größe allein weiter, mit einem Drittel der Lernrate</translation>
    </message>
    <message>
        <source>%1
%2 removed: %3</source>
        <translation>%1
%2 entfernt: %3</translation>
    </message>
    <message>
        <source>%1, trained at this size alone
%2 removed: %3</source>
        <translation>%1, nur in dieser Größe trainiert
%2 entfernt: %3</translation>
    </message>
    <message>
        <source>φ %1</source>
        <translation>φ %1</translation>
    </message>
    <message>
        <source>More tokens at %1</source>
        <translation>Mehr Token bei %1</translation>
    </message>
    <message>
        <source>Polish %1</source>
        <translation>%1 polieren</translation>
    </message>
    <message>
        <source>fills in New run: continues this run&apos;s factors with all sizes, half of its draws around this one</source>
        <translation>füllt „Neuer Lauf“ aus: setzt die Faktoren dieses Laufs mit allen Größen fort, die Hälfte der Ziehungen um diese</translation>
    </message>
</context>
<context>
    <name>skd::GridAxesModel</name>
    <message>
        <source>Field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>change grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The grid accepts whole fields only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>add to grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>remove from grid</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::HealthWatch</name>
    <message>
        <source>The workspace %1 is no longer there: was its disk removed, or its folder moved? What is on the screen stays. Restore it, or stop the run and open another workspace.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The model %1 is no longer there. The copy in memory can still be carved and measured; a run needs the files: restore them, or open another model.</source>
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
    <message>
        <source>layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, compared</source>
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
        <source>rank as a share of break-even, from which on factors are larger than the matrix</source>
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
        <source>dense, rank %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rank %1 of %2</source>
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
    <message>
        <source>%1 nats</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 nats / energy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The matrices of the model appear here once one is open.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Layer %1 · %2 %3×%4 · %5 · energy %6 · break-even %7 · dead zone %8–%7, which no budget chooses</source>
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
        <source>Back (Alt+Left)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forward (Alt+Right)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forward</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Contents of the help</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::JsonDocumentPage</name>
    <message>
        <source>start from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open a file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as a file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 is written.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::JsonView</name>
    <message>
        <source>The whole spec as JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paste over</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fields that are missing have their defaults.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>edit JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>✓ Read</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::KlLegend</name>
    <message>
        <source>Legend of the tokens&apos; colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KL divergence of the second model&apos;s prediction from the first one&apos;s, per token: how many nats the first model&apos;s next-token distribution loses when it is described by the second one&apos;s. Dotted and wavy underlines mean the same as the stronger colours.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>KL per token  </source>
        <translation type="unfinished"></translation>
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
    <message>
        <source>From a run&apos;s first step on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Conflict of sizes</source>
        <translation>Widerstreit der Größen</translation>
    </message>
    <message>
        <source>cosine between the gradients of the largest and the smallest size on the attention&apos;s weights; below 0 they pull apart</source>
        <translation>Kosinus zwischen den Gradienten der größten und der kleinsten Größe auf den Gewichten der Attention; unter 0 ziehen sie auseinander</translation>
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
        <source>A run is running</source>
        <translation>Ein Lauf ist im Gang</translation>
    </message>
    <message>
        <source>Stop the run, save a checkpoint and close?
It can be resumed later.</source>
        <translation>Den Lauf anhalten, einen Zwischenstand sichern und schließen?
Er kann später fortgesetzt werden.</translation>
    </message>
    <message numerus="yes">
        <source>%1 threads</source>
        <translation>
            <numerusform>%1 Faden</numerusform>
            <numerusform>%1 Fäden</numerusform>
        </translation>
    </message>
    <message>
        <source>The run waits in the queue until the current one has ended.</source>
        <translation>Der Lauf wartet in der Schlange, bis der jetzige zu Ende ist.</translation>
    </message>
    <message>
        <source>The last layout was not restored: the program ended while it was being restored.</source>
        <translation>Die Anordnung vom letzten Mal wurde ausgelassen: Das Programm endete, während sie wiederhergestellt wurde.</translation>
    </message>
    <message>
        <source>Stopping the run and saving a checkpoint…</source>
        <translation>Der Lauf wird angehalten und ein Zwischenstand gesichert …</translation>
    </message>
</context>
<context>
    <name>skd::MasterFader</name>
    <message>
        <source>Master fader: MLP parameters to remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>master</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag: share of MLP parameters to remove.
The preset decides where; locked layers stay.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>remove %1 ⏎</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::MeasureCard</name>
    <message>
        <source>Measure</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What is measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where the time goes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Against batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the model others are compared with</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>batch</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sequences per forward pass</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>length</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens per sequence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rounds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>forward passes that are timed; the models take turns</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Batches</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>sequences answered at once, separated by commas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>batches</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>prompt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens read per sequence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>generate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens written per sequence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the models take turns within each round</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Stops the measurement; nothing of it is kept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save trace…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The time lines as a Chrome trace, for ui.perfetto.dev</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Deletes this measurement from the workspace; can be undone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measurements that are kept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State of the measurement</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Progress of the measurement</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>and runs: select some in the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>and %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The models of the runs that are selected in the list of runs:
%1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>nothing measured yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a model first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Batches are whole numbers from 1 on, separated by commas.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measures these models now, or when the engine is free</source>
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
        <source>dense</source>
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
        <source> · locked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Matrices that a fader moves</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>linked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>linked: a fader moves all matrices of its layer; otherwise only the one that is named</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compare with a stored run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>compare: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>tiers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> of %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>layer %1 · energy%2 %3%4
%5</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>
%1: energy %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Master fader: time of the MLP&apos;s products to remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Master fader: MLP parameters to remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Drag, or type: share of %1 to remove.
The preset decides where; locked layers stay.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the MLP&apos;s measured time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MLP parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all matrices of a layer together</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>only this matrix of each layer; the others keep their ranks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>only the profile on the page</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draws the ranks of a stored run of this model with the ones on the page:
◇ beside the faders, ▲ ▼ in cells that keep more or less than it did, a dotted cut in the spectrum</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One fader per layer: open a model, or drop a folder or GGUF file onto the window.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>moves through all sizes by itself and rests where they were measured</source>
        <translation>fährt von selbst durch alle Größen und hält an, wo sie gemessen wurden</translation>
    </message>
    <message>
        <source>stop</source>
        <translation>anhalten</translation>
    </message>
    <message>
        <source>sweep</source>
        <translation>durchfahren</translation>
    </message>
    <message>
        <source>Rank per layer</source>
        <translation>Rang je Schicht</translation>
    </message>
    <message>
        <source>of the ranks that the run trained: the least below, the largest above</source>
        <translation>von den Rängen, die der Lauf trainiert hat: unten der kleinste, oben der größte</translation>
    </message>
    <message>
        <source>largest</source>
        <translation>größter</translation>
    </message>
    <message>
        <source>least</source>
        <translation>kleinster</translation>
    </message>
    <message>
        <source>Master fader: size along the path</source>
        <translation>Hauptregler: Größe entlang des Pfads</translation>
    </message>
    <message>
        <source>Drag, or type: share of MLP parameters removed, from %1 to %2.
All layers follow the path that the run was trained on.</source>
        <translation>Ziehen oder tippen: Anteil der entfernten MLP-Parameter, von %1 bis %2.
Alle Schichten folgen dem Pfad, auf dem der Lauf trainiert wurde.</translation>
    </message>
    <message>
        <source>answers</source>
        <translation>Antworten</translation>
    </message>
    <message>
        <source>what the measured sizes answered when the run ended, in the place of the spectrum</source>
        <translation>was die gemessenen Größen am Ende des Laufs geantwortet haben, anstelle des Spektrums</translation>
    </message>
</context>
<context>
    <name>skd::ModelExportCard</name>
    <message>
        <source>Model card</source>
        <translation>Modellkarte</translation>
    </message>
    <message>
        <source>%1 parameters</source>
        <translation>%1 Parameter</translation>
    </message>
    <message>
        <source>format %1</source>
        <translation>Format %1</translation>
    </message>
    <message>
        <source>Opened again: %1 of %2 greedy tokens are the model&apos;s own.</source>
        <translation>Wieder geöffnet: %1 von %2 Token ohne Zufall sind die des Modells.</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copies what starts it: %1</source>
        <translation>Kopiert, womit man es startet: %1</translation>
    </message>
</context>
<context>
    <name>skd::ModelExportDialog</name>
    <message>
        <source>Export model</source>
        <translation>Modell exportieren</translation>
    </message>
    <message>
        <source>Removed</source>
        <translation>Entfernt</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>a run&apos;s model, a folder or a file</source>
        <translation>Modell eines Laufs, Ordner oder Datei</translation>
    </message>
    <message>
        <source>%1 (run %2)</source>
        <translation>%1 (Lauf %2)</translation>
    </message>
    <message>
        <source> %</source>
        <translation> %</translation>
    </message>
    <message>
        <source>Of an elastic run: how much of the matrices that it cuts is removed</source>
        <translation>Bei einem elastischen Lauf: wie viel der Matrizen, die er schneidet, entfernt ist</translation>
    </message>
    <message>
        <source>For</source>
        <translation>Für</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>vLLM</source>
        <translation>vLLM</translation>
    </message>
    <message>
        <source>llama.cpp</source>
        <translation>llama.cpp</translation>
    </message>
    <message>
        <source>transformers</source>
        <translation>transformers</translation>
    </message>
    <message>
        <source>format hf – cut layers as they are, with a modelling file</source>
        <translation>Format hf – geschnittene Schichten wie sie sind, mit einer Modelldatei in Python</translation>
    </message>
    <message>
        <source>format hf-dense – the family&apos;s own classes</source>
        <translation>Format hf-dense – die eigenen Klassen der Familie</translation>
    </message>
    <message>
        <source>format gguf</source>
        <translation>Format gguf</translation>
    </message>
    <message>
        <source>A program gets the format that keeps most of the model there; what it keeps or loses is said at the end</source>
        <translation>Ein Programm bekommt das Format, das dort am meisten vom Modell behält; was es behält oder verliert, steht am Ende</translation>
    </message>
    <message>
        <source>Of the weights as they are written</source>
        <translation>Der Gewichte, wie sie geschrieben werden</translation>
    </message>
    <message>
        <source>A new folder; it appears when everything is in it</source>
        <translation>Ein neuer Ordner; er erscheint, wenn alles darin ist</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen…</translation>
    </message>
    <message>
        <source>replace the export that is there</source>
        <translation>den Export ersetzen, der dort liegt</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Stops the export; nothing of it is kept</source>
        <translation>Hält den Export an; nichts davon bleibt</translation>
    </message>
    <message>
        <source>Progress of the export</source>
        <translation>Fortschritt des Exports</translation>
    </message>
    <message>
        <source>State of the export</source>
        <translation>Stand des Exports</translation>
    </message>
    <message>
        <source>Folder for the export&apos;s folder</source>
        <translation>Ordner, in dem der Ordner des Exports liegen soll</translation>
    </message>
    <message>
        <source>Stopped; nothing was written.</source>
        <translation>Angehalten; es wurde nichts geschrieben.</translation>
    </message>
    <message>
        <source>Written: %1</source>
        <translation>Geschrieben: %1</translation>
    </message>
</context>
<context>
    <name>skd::ModelNames</name>
    <message>
        <source>%1 (run %2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>step %1</source>
        <translation>Schritt %1</translation>
    </message>
    <message>
        <source>%1 removed</source>
        <translation>%1 entfernt</translation>
    </message>
</context>
<context>
    <name>skd::ModelPicker</name>
    <message>
        <source>A Hugging Face folder, a .gguf file, a name under .deps/models, or run:7 for the model of a run</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::ModelsCard</name>
    <message>
        <source>no model</source>
        <translation>kein Modell</translation>
    </message>
    <message>
        <source>not known</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models of this machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Type</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Licence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No model is found on this machine. Get the sample model, add a folder or a GGUF file, or drop one onto the window.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A Hugging Face folder: config.json and model.safetensors. It can also be dropped onto the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add GGUF…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A .gguf file. It can also be dropped onto the window</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open in Carve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Loads it and measures its layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use in New run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sets model.path of the form</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forget</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Removes an added model from the list; its files stay</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Get the sample model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sample model, progress</source>
        <translation type="unfinished"></translation>
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
        <source>Stop fetching (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>SmolLM2-135M-Instruct, 98 MB, Apache License 2.0, out of a Python package; checked by its SHA-256</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This installation has no packaging/get-model: add a model&apos;s folder or GGUF file instead</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models · %1 · %2</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::ModuleTableCard</name>
    <message>
        <source>Parts and operators</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Self time by part and operator</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The time of every part of the model in a pass, once one is measured.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parts and operators · %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::NewRunPage</name>
    <message>
        <source>New run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>View</source>
        <translation>Ansicht</translation>
    </message>
    <message>
        <source>view: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>form</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a form over all fields</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>JSON</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the whole spec as text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Defaults, a preset, an earlier run, what Carve shows, or a file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Defaults</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>defaults</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What Carve shows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>start from Carve</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preset: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>start from a preset</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Lauf</translation>
    </message>
    <message>
        <source>The one shown on top (run %1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 (run %2)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>start from run %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The fields of run %1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run spec</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run specs (*.json)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save run spec</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The spec is on the clipboard.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>paste a spec</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The spec was pasted from the clipboard.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>use these fields</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The fields are in the form.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::NewStudyPage</name>
    <message>
        <source>A study that ships with the program, one of the workspace, or a file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Study of this workspace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The study as it was started; its complete runs are not run again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Studies (*.json)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The study is on the clipboard.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The study was pasted from the clipboard.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>base from a run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>base</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The run&apos;s fields are the study&apos;s base; add variants, seeds or a grid.</source>
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
    <name>skd::PaintedView</name>
    <message>
        <source>no data yet</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::ParallelPlot</name>
    <message>
        <source>%1 of %2 runs pass the brushes over %3 axes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>passes the brushes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>axis %1</source>
        <translation type="unfinished"></translation>
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
        <source>exponential moving average; the raw line stays visible</source>
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
        <source>rolled back</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>checkpoint, step %1 · %2
click: continue from here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1
step %2 · click: edit or remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Perplexity while the student is distilled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>protocol %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>text %1, which the final figures are of too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>text %1, held out to choose by; final figures are of another</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>its first %1 tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>computed in %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forecast</source>
        <translation>Vorhersage</translation>
    </message>
    <message>
        <source>PPL = a + b · tokens⁻ᶜ, fitted to the live curve since the last cut; in brackets what its scatter leaves open</source>
        <translation>PPL = a + b · Token⁻ᶜ, angepasst an die laufende Kurve seit dem letzten Schnitt; in Klammern, was ihre Streuung offen lässt</translation>
    </message>
    <message>
        <source>%1 removed</source>
        <translation>%1 entfernt</translation>
    </message>
</context>
<context>
    <name>skd::PlanCard</name>
    <message>
        <source>Plan</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Runs of the study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Queues every run that is not complete and starts the queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add to queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Queues them; where nothing runs, the queue is held</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No plan yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%1 runs</source>
        <translation>
            <numerusform>%1 Lauf</numerusform>
            <numerusform>%1 Läufe</numerusform>
        </translation>
    </message>
    <message>
        <source> · about %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Started now, done around %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>; %1 are complete already</source>
        <translation>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>%1, so no study can be started here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%1 runs are queued</source>
        <translation>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 resume from their checkpoints</source>
        <translation>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>%1 waited or ran already</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%1 were complete</source>
        <translation>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>Study “%1”: %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> Not queued: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::PlanModel</name>
    <message>
        <source>new</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Lauf</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Starts from</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>State</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::PlotView</name>
    <message numerus="yes">
        <source>%1 lines</source>
        <translation>
            <numerusform>%1 Linie</numerusform>
            <numerusform>%1 Linien</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 points</source>
        <translation>
            <numerusform>%1 Punkt</numerusform>
            <numerusform>%1 Punkte</numerusform>
        </translation>
    </message>
    <message>
        <source>Chart: %1, %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A %1 → B %2 (%3)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>x</source>
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
        <source>%1, low</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, high</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note here… (N at cursor A)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom back (Backspace)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Zoom forward (Shift+Backspace)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show all (double click)</source>
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
        <source>Plays the run shown on top again, as it happened</source>
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
    <name>skd::PresetBar</name>
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
        <source>relative error</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>smallest sum of relative errors under the budget; needs no measured weights</source>
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
        <source>tiers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a share of every matrix by early, middle and late layers: three handles over the faders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>energy threshold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the same kept energy everywhere, at the same price; the threshold can be typed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>random</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a control that ignores the matrices; choose it again for another draw</source>
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
        <source>auto search…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by hand</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as the faders are set</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Kept energy everywhere</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every matrix keeps at least this share of its squared singular values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>keep ≥</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What a budget is a share of</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Stop the search</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ends the search with the largest cut that passed so far</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>budget</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>fewest expected nats under the budget, by measured weights</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>least damage under the budget by the spectra alone; weights are not measured yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measure with: sparsekd benchmark MODEL --break-even --batch 1 (decoding) or 512 (reading a prompt)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>budgets are shares of the MLP&apos;s parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time, 1 row</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time, %1 rows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>budgets are shares of the time of the MLP&apos;s products on this machine at %1 rows of input</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No times of this model&apos;s matrices were measured on this machine.
%1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What a budget is a share of: parameters, or time as measured on this machine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the largest cut whose measured perplexity stays within a limit: %1 previews</source>
        <translation type="unfinished"></translation>
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
        <source>measured as soon as the run allows it</source>
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
    <message>
        <source>TTFT, predicted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time budget %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tiers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>random</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>MLP %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> · PPL %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2 of the MLP parameters removed; perplexity after pruning %3, after distillation %4</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>node %1</source>
        <translation>Knoten %1</translation>
    </message>
    <message>
        <source>path ≈ %1</source>
        <translation>Pfad ≈ %1</translation>
    </message>
    <message>
        <source>estimate (%1)</source>
        <translation>Schätzung (%1)</translation>
    </message>
    <message>
        <source>nothing to compare with</source>
        <translation>nichts zum Vergleichen</translation>
    </message>
    <message>
        <source>recovered</source>
        <translation>erholt</translation>
    </message>
    <message>
        <source>these are sizes of a run that was trained at all of them: perplexities are those after recovery</source>
        <translation>das sind Größen eines Laufs, der in allen trainiert wurde: die Perplexitäten sind die nach der Erholung</translation>
    </message>
    <message>
        <source>What the faders move</source>
        <translation>Was die Regler bewegen</translation>
    </message>
    <message>
        <source>a cut</source>
        <translation>ein Schnitt</translation>
    </message>
    <message>
        <source>a model that is cut, before any recovery</source>
        <translation>ein Modell, das geschnitten wird, vor jeder Erholung</translation>
    </message>
    <message>
        <source>run:%1 %2</source>
        <translation>run:%1 %2</translation>
    </message>
    <message>
        <source>sizes of the elastic run “%1”, after recovery</source>
        <translation>Größen des elastischen Laufs „%1“, nach der Erholung</translation>
    </message>
    <message>
        <source>Perplexity, recovered</source>
        <translation>Perplexität, erholt</translation>
    </message>
    <message>
        <source>on the path: %1</source>
        <translation>auf dem Pfad: %1</translation>
    </message>
    <message>
        <source>%1 names the path&apos;s model of this size, for exports and every other command.
Segments are the steps of the path between that profile and this one.</source>
        <translation>%1 nennt das Modell des Pfads in dieser Größe, für Exporte und jeden anderen Befehl.
Segmente sind die Schritte des Pfads zwischen jenem Profil und diesem.</translation>
    </message>
    <message numerus="yes">
        <source>%1 segments off the path</source>
        <translation>
            <numerusform>%1 Segment neben dem Pfad</numerusform>
            <numerusform>%1 Segmente neben dem Pfad</numerusform>
        </translation>
    </message>
    <message>
        <source>measured at %1 when the run ended</source>
        <translation>bei %1 gemessen, als der Lauf endete</translation>
    </message>
    <message>
        <source>between the nodes %1 and %2</source>
        <translation>zwischen den Knoten %1 und %2</translation>
    </message>
    <message>
        <source>the path&apos;s where its cut loses as much, at %1</source>
        <translation>die des Pfads, wo sein Schnitt ebenso viel verliert, bei %1</translation>
    </message>
    <message>
        <source>nothing is known of this profile</source>
        <translation>von diesem Profil ist nichts bekannt</translation>
    </message>
    <message>
        <source>± %1</source>
        <translation>± %1</translation>
    </message>
    <message>
        <source>≈ %1</source>
        <translation>≈ %1</translation>
    </message>
    <message>
        <source>(%1)</source>
        <translation>(%1)</translation>
    </message>
    <message>
        <source>interpolated</source>
        <translation>interpoliert</translation>
    </message>
    <message>
        <source>estimate</source>
        <translation>Schätzung</translation>
    </message>
    <message>
        <source>preview of this profile · %1</source>
        <translation>Vorschau dieses Profils · %1</translation>
    </message>
</context>
<context>
    <name>skd::ProfilePage</name>
    <message>
        <source>delete %1</source>
        <translation>%1 löschen</translation>
    </message>
    <message>
        <source>No measurement is kept in this workspace. %1, so none can be made here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing measured yet. Choose a model, select runs beside it in the list of runs, and press Measure.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, so nothing can be measured here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped; nothing of it is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measured; the figures are kept in the workspace.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save the time lines</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chrome trace (*.json)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The time lines are in %1; ui.perfetto.dev opens them.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::ProfileTableModel</name>
    <message>
        <source>Part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>parts of the decoder; below them the operators they ran</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Self time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of the typical round, without what is nested inside; parts add up to the whole</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Share</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of the typical round&apos;s wall time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Calls</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>GFLOP/s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of matrix products: FLOPs of one forward pass / median time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>× first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>time / the first model&apos;s time in the same part</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::PromptCard</name>
    <message>
        <source>Prompt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the dense model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Second model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>a pruned model, e.g. run:7</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How the prompt is written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>put </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as a chat</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>by the model&apos;s chat template; as plain text where it has none</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>as plain text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the model continues the text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>and</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>both models draw from the same seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>0 always picks the most probable token</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Top k</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>draws from the k most probable tokens; 0 from all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Top p</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>draws from the fewest tokens that hold this share of the probability; 1 from all</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>at most, per answer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>temperature</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>top k</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>top p</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How many times</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>answers of each model to the same prompt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> ×</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>State of the question</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose the first model.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Write a prompt first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Both models answer with the same seed (Ctrl+Enter)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How many different answers there are, and how alike they are</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>At temperature 0 every answer is the same.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::PromptEdit</name>
    <message>
        <source>Prompt</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ask both models something…</source>
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
        <source>Remove</source>
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
        <source>No run waits. Runs that are started while another is running wait here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Held: %1 until you start the queue.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%1 runs wait</source>
        <translation>
            <numerusform>%1 Lauf wartet</numerusform>
            <numerusform>%1 Läufe warten</numerusform>
        </translation>
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
    <name>skd::RampChart</name>
    <message>
        <source>Learning-rate ramp</source>
        <translation>Rampe der Lernrate</translation>
    </message>
    <message>
        <source>loss of a short training run on rising learning rates, from which the run&apos;s was chosen; faint: as it was, strong: smoothed</source>
        <translation>Verlust eines kurzen Trainings mit steigenden Lernraten, aus dem die des Laufs gewählt wurde; blass: wie gemessen, kräftig: geglättet</translation>
    </message>
    <message>
        <source>learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>Learning rate chosen</source>
        <translation>Gewählte Lernrate</translation>
    </message>
    <message>
        <source>loss, smoothed</source>
        <translation>Verlust, geglättet</translation>
    </message>
</context>
<context>
    <name>skd::RecordedCard</name>
    <message>
        <source>Dense</source>
        <translation>Dicht</translation>
    </message>
    <message>
        <source>At the start</source>
        <translation>Am Anfang</translation>
    </message>
    <message>
        <source>After the cut</source>
        <translation>Nach dem Schnitt</translation>
    </message>
    <message>
        <source>Recovered</source>
        <translation>Erholt</translation>
    </message>
    <message>
        <source>%1, round %2</source>
        <translation>%1, Runde %2</translation>
    </message>
    <message>
        <source>(its logits were not finite)</source>
        <translation>(seine Logits waren nicht endlich)</translation>
    </message>
    <message numerus="yes">
        <source>%1 tokens</source>
        <translation>
            <numerusform>%1 Token</numerusform>
            <numerusform>%1 Token</numerusform>
        </translation>
    </message>
    <message>
        <source>cut off at the longest answer</source>
        <translation>an der größten Länge abgeschnitten</translation>
    </message>
    <message>
        <source>read as plain text</source>
        <translation>als reiner Text gelesen</translation>
    </message>
    <message>
        <source>Recorded answers</source>
        <translation>Aufgezeichnete Antworten</translation>
    </message>
    <message>
        <source>Recorded answers of %1</source>
        <translation>Aufgezeichnete Antworten von %1</translation>
    </message>
    <message>
        <source>what its models said while it ran: greedily, each prompt once</source>
        <translation>was seine Modelle sagten, während er lief: jede Frage einmal, immer das wahrscheinlichste Token</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>Frage</translation>
    </message>
    <message>
        <source>%1 of %2 answers of the last model are the first one&apos;s, word for word.</source>
        <translation>%1 von %2 Antworten des letzten Modells sind Wort für Wort die des ersten.</translation>
    </message>
    <message>
        <source>%1, %2 removed</source>
        <translation>%1, %2 entfernt</translation>
    </message>
    <message>
        <source>Size of the recovered model</source>
        <translation>Größe des erholten Modells</translation>
    </message>
    <message>
        <source>recovered: </source>
        <translation>erholt: </translation>
    </message>
    <message>
        <source>%1 removed</source>
        <translation>%1 entfernt</translation>
    </message>
</context>
<context>
    <name>skd::RecoverPage</name>
    <message>
        <source>write the note “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>remove the note “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, continued from step %2</source>
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
        <source>Continue from step %1 (a new run)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Note here…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“%1” is queued.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, so no note can be kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Change this note…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>change the note “%1”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This run has no perplexity curve yet. It begins with the first evaluation after the cut.</source>
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
    <message>
        <source>collapse undone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(collapse − now) / (collapse − dense), in perplexity; of several rounds the last one&apos;s collapse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Round</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the last one that was cut, of those planned; what it removes of the dense model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gate</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>how far the last cut moved the output, in nats per token, and the stability gate&apos;s limit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Enter or a double click continues from a checkpoint as a new run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Queues a new run that continues distillation from this checkpoint</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resume this run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Resumes the same run from its last checkpoint</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Continue from step %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The figures of the run that is selected in the list on the left appear here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>round %1: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 &gt; %2 ✗ refused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 ≤ %2 ✓</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::Replay</name>
    <message>
        <source>A run is running; a stored one can be replayed when it has ended.</source>
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
    <name>skd::ReportDialog</name>
    <message>
        <source>Report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export report…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Close</source>
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
        <source>%1 is running</source>
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
    <message numerus="yes">
        <source>%1 runs</source>
        <translation>
            <numerusform>%1 Lauf</numerusform>
            <numerusform>%1 Läufe</numerusform>
        </translation>
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
        <source>by tag; a run with two tags appears in both</source>
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
    <message>
        <source>Remove deleted runs for good…</source>
        <translation>Gelöschte Läufe endgültig entfernen…</translation>
    </message>
    <message>
        <source>Export model…</source>
        <translation>Modell exportieren…</translation>
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
    <name>skd::SampleModel</name>
    <message>
        <source>%1 cannot be started: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Stopped. What has arrived is used when it is fetched again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 ended with code %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The sample model is in place: %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::ScatterPlot</name>
    <message>
        <source>%1 points of %2 against %3; %4 of them on the front.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>group</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>std</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>on the front</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>yes</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::SearchDialog</name>
    <message>
        <source>Auto search</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Largest perplexity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Removes as much as stays within this perplexity: %1 previews, each shown while it is measured. The dense model has %2.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search</source>
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
        <source>like the system</source>
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
        <source>Applies from the next start on</source>
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
        <source>For runs whose spec leaves it open; from the next start on</source>
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
        <source>Folder of the workspace that opens by itself; from the next start on</source>
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
        <source>Keep the machine awake during a run</source>
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
        <source>%1 is not a folder that can be written to.</source>
        <translation>%1 ist kein Ordner, in den geschrieben werden kann.</translation>
    </message>
</context>
<context>
    <name>skd::SizeSweep</name>
    <message>
        <source>sweep</source>
        <translation>Durchlauf</translation>
    </message>
</context>
<context>
    <name>skd::SpecDraft</name>
    <message>
        <source>change %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>default of %1</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::SpecForm</name>
    <message>
        <source>Fields</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search fields</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search %1 fields: name, help or choice</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>changed only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Lauf</translation>
    </message>
    <message>
        <source>Section %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>name, seed and what is kept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>folded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No field differs from its default.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No field has “%1” in its name, help or choices.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 changed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>⚠ %1 wrong</source>
        <translation type="unfinished"></translation>
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
    <message>
        <source>%1 dense</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Singular values before training · %1, %2</source>
        <translation>Singulärwerte vor dem Training · %1, %2</translation>
    </message>
    <message>
        <source>what prefixes leave out, log scale</source>
        <translation>was Präfixe auslassen, log. Skala</translation>
    </message>
    <message>
        <source>relative error</source>
        <translation>relativer Fehler</translation>
    </message>
    <message>
        <source>%1, trained</source>
        <translation>%1, trainiert</translation>
    </message>
    <message>
        <source>before training</source>
        <translation>vor dem Training</translation>
    </message>
    <message>
        <source>Energy of trained factors · %1, %2</source>
        <translation>Energie der trainierten Faktoren · %1, %2</translation>
    </message>
</context>
<context>
    <name>skd::SpeedUpCard</name>
    <message>
        <source>Speed-up and Amdahl&apos;s ceiling</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Speed-up of every model against the first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Measure a pruned model beside the dense one: select its run in the list of runs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>█ measured  ◇ predicted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>predicted: the first model&apos;s MLP products shrink by their FLOPs, nothing else changes
ceiling: they need no time at all, 1 / (1 − their share)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1: %2 measured (quartiles %3 to %4), %5 predicted, at most %6</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::SpeedUpChart</name>
    <message>
        <source>ceiling %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>measured</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>1st quartile</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>3rd quartile</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>predicted</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>ceiling</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::StackedBars</name>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>total</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::StartCard</name>
    <message>
        <source>Before it starts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Memory, peak</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Weights, and the larger of pruning (Gram matrices and factors) and training (masters, moments, gradients, activations, logits)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of it free now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Disk, peak</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Teacher cache, spectra, checkpoints and models, beside the workspace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stays on disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the field “keep” leaves when the run is complete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>free on disk</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model&apos;s parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Start run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Before everything that waits (Ctrl+Return)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add to queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>After everything that waits</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Make a study of it…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Several runs that start from these fields: variants, seeds, a grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>✓ Valid: every field has its default</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>✓ Valid: %1 fields differ from their defaults</source>
        <translation>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
    <message>
        <source>⚠ %1 fields are wrong; the first: %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, so no run can be started here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>about %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tokens read by each stage over the measured speed of this machine, corrected by this workspace&apos;s runs on it; in proportion to the model&apos;s parameters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run %1, %2 removed: %3. This run trains on %4 tokens.</source>
        <translation>Lauf %1, %2 entfernt: %3. Dieser Lauf trainiert auf %4 Token.</translation>
    </message>
    <message>
        <source>The power law of the recovery of this workspace&apos;s complete run of the same model whose target is nearest</source>
        <translation>Das Potenzgesetz der Erholung jenes vollständigen Laufs desselben Modells in diesem Arbeitsbereich, dessen Ziel am nächsten liegt</translation>
    </message>
</context>
<context>
    <name>skd::StudyCard</name>
    <message>
        <source>New study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Parts of the study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Variants</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add variant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Base</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Seeds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Scale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A study of this name with the same fields is resumed; its complete runs are not run again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each variant runs once with each; commas between them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>name of the study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>seeds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The scale is a share of the corpus between 0.000001 and 1.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>scale</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Variants (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Grid (%1)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Base (%1 changed)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every variant runs at every combination of the grid, once with each seed.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::StudyDraft</name>
    <message>
        <source>open study %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>base of the study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>open study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Give the study a name.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::StudyView</name>
    <message>
        <source>Table of the study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Reading the studies…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Study</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Whole report…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export report…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This workspace has no study yet. A study runs several variants and seeds and fills one of the paper&apos;s tables.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>criteria: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Folder for the report&apos;s files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The report is in %1 (%2 files).</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::SweepView</name>
    <message>
        <source>Settings and results of the runs selected</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove all brushes (Escape)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Last axis and colour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>colour: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 of %2 runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Select the runs of a sweep in the list on the left, several with Ctrl or Shift, or a whole group.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::TalkPage</name>
    <message>
        <source>First model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Second model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a second model, or select a run in the list of runs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its answer appears here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1, so no model can be asked here.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::TaskRunner</name>
    <message>
        <source>waits for run %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>waits for: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>waits for the model that is being opened</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>starts…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>stopping…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>opening the models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 · %2 left</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::TierStrip</name>
    <message>
        <source>Tiers: share removed from early, middle and late layers, relative to each other</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Share removed from the early, middle and late third of the layers, relative to each other.
Drag, or type a factor from 0 to 3; a double click sets it back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>early %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>middle %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>late %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>layers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>factor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>early</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>middle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>late</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>factor %1 ⏎</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::TimeLine</name>
    <message>
        <source>Time line: %1 records in %2 rows.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>thread %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>thread</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>begin, ns</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>end, ns</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>self, ns</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::TimeLineCard</name>
    <message>
        <source>%1 · in %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1
%2, of which itself %3 · from %4 on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Typical round</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Time line of the typical round</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Every operator of a typical round in its order, once one is measured.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>whole round</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Wheel or ↑ ↓ zoom, dragging or ← → pan, a double click shows one record; Home shows the whole round</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Typical round · %1</source>
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
        <source>Queue a run after the current one (Ctrl+R)</source>
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
    <message>
        <source>All actions by menu; Ctrl+K searches them</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::TradeoffView</name>
    <message>
        <source>Perplexity against what was removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Figure across</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>x: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Figure upwards</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>y: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>of: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>every run of the workspace; those selected are ringed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>selected runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>those selected in the list on the left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colour and shape</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>colour: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>pruner</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>study</source>
        <translation>Studie</translation>
    </message>
    <message>
        <source>model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>on their own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>unknown model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>not pruned</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> ± %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>dense %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>%1 against %2</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No run here has both figures: %1 and %2. A run that is pruned and distilled has them; other axes are in the title&apos;s row.</source>
        <translation type="unfinished"></translation>
    </message>
    <message numerus="yes">
        <source>%1 runs without these figures are not drawn</source>
        <translation>
            <numerusform></numerusform>
            <numerusform></numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::TrailBar</name>
    <message>
        <source>Last tries</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> The last one: %1</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Chart: %1 bars.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>try</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>perplexity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>what it was</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::VariantsModel</name>
    <message>
        <source>Variant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fields that differ from the base</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>First seed only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On the grid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>field=value; field=value. “variant:NAME” as model.path or teacher.path starts from what that variant ended with.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>change variant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A variant needs a name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>rename variant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>add variant</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>remove variant</source>
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
<context>
    <name>skd::WindowActions</name>
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
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>About SparseKD Workbench</source>
        <translation>Über SparseKD Workbench</translation>
    </message>
    <message>
        <source>New run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New study</source>
        <translation type="unfinished"></translation>
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
        <source>Open another workspace…</source>
        <translation>Anderen Arbeitsbereich öffnen …</translation>
    </message>
    <message>
        <source>Export view…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation type="unfinished"></translation>
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
        <source>Present in full screen</source>
        <translation>Im Vollbild vorführen</translation>
    </message>
    <message>
        <source>Replay the run shown on top</source>
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
        <source>Show in its folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>run %1</source>
        <translation>Lauf %1</translation>
    </message>
    <message>
        <source>This page has nothing to export yet.</source>
        <translation type="unfinished"></translation>
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
    <message>
        <source>Export model…</source>
        <translation>Modell exportieren…</translation>
    </message>
</context>
<context>
    <name>skd::WindowStatus</name>
    <message>
        <source>Show the log</source>
        <translation>Protokoll zeigen</translation>
    </message>
    <message>
        <source>workspace %1 · %2%3</source>
        <translation>Arbeitsbereich %1 · %2%3</translation>
    </message>
    <message numerus="yes">
        <source>%1 runs</source>
        <translation>
            <numerusform>%1 Lauf</numerusform>
            <numerusform>%1 Läufe</numerusform>
        </translation>
    </message>
    <message>
        <source> · read-only</source>
        <translation> · nur zum Ansehen</translation>
    </message>
    <message>
        <source>%1: nothing is changed or started here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>log: no warnings</source>
        <translation>Protokoll: keine Warnungen</translation>
    </message>
    <message numerus="yes">
        <source>log: %1 warnings</source>
        <translation>
            <numerusform>Protokoll: %1 Warnung</numerusform>
            <numerusform>Protokoll: %1 Warnungen</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::Workspace</name>
    <message>
        <source>Another process runs the engine of this workspace</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The folder of this workspace cannot be written to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This window was opened read-only</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>skd::SizeAnswersCard</name>
    <message>
        <source>Recorded answers</source>
        <translation>Aufgezeichnete Antworten</translation>
    </message>
    <message>
        <source>Recorded answers · %1 removed</source>
        <translation>Aufgezeichnete Antworten · %1 entfernt</translation>
    </message>
    <message>
        <source>what the run&apos;s model of the nearest measured size said when the run ended: greedily, each prompt once</source>
        <translation>was das Modell des Laufs bei der nächsten gemessenen Größe an seinem Ende gesagt hat: greedy, jeder Prompt einmal</translation>
    </message>
    <message>
        <source>(its logits were not finite)</source>
        <translation>(seine Logits waren nicht endlich)</translation>
    </message>
</context>
</TS>
